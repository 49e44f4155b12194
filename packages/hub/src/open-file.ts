import { InvalidArgumentError } from "@onestep/core";
import { platform } from "#platform";
import { resolveEndpoint } from "./environment/endpoint.ts";
import { isLocalFiles } from "./local/local-files.ts";
import { openRepository } from "./open-repository.ts";
import type { OpenRepositoryOptions, Repository, RepositoryFile } from "./repository.ts";
import { chooseRevision } from "./source/choose-revision.ts";
import { decodeSegment } from "./source/decode-segment.ts";
import { parseHubFileUrl } from "./source/hub-file-url.ts";
import { parseRepositorySource } from "./source/repository-source.ts";

/** What a single file can be opened from. */
export type FileLocation = string | URL | File;

/**
 * Opens one file that is not part of a model's repository, such as a checkpoint of a research project. A file of the Hub
 * or of a web server is fetched into the same cache as those of repositories.
 *
 * @param source - A path, a `file:` URL, an `http(s):` URL, the URL of a file's page on the Hub
 * (`https://huggingface.co/owner/name/blob/main/model.pt`), or a `File` of a browser.
 * @throws InvalidArgumentError where `source` is none of these, or an option is wrong.
 * @throws EntryNotFoundError, RepositoryNotFoundError where there is no such file.
 */
export async function openFile(
  source: FileLocation,
  options: OpenRepositoryOptions = {},
): Promise<RepositoryFile> {
  options.signal?.throwIfAborted();
  if (isLocalFiles(source)) {
    const repository = await openRepository(source, options);
    const [path = ""] = (await repository.list(options)) ?? [];
    return repository.get(path, options);
  }
  const { repository, path } = await openParent(source, options);
  return repository.get(path, options);
}

async function openParent(
  source: string | URL,
  options: OpenRepositoryOptions,
): Promise<{ readonly repository: Repository; readonly path: string }> {
  const environment = options.environment ?? platform.readEnvironment();
  const endpoint = resolveEndpoint(options.endpoint, environment);
  const onHub = URL.canParse(source) ? parseHubFileUrl(new URL(source), endpoint) : undefined;
  if (onHub !== undefined) {
    const { id, path } = onHub;
    const revision = chooseRevision(options.revision, onHub.revision);
    const request = { id, revision, endpoint, environment };
    return { repository: await platform.openHub(request, { ...options, environment }), path };
  }
  const parsed = parseRepositorySource(source, endpoint);
  if (parsed.kind === "hub") throw notAFile(String(source));
  if (parsed.kind === "name") {
    const { folder, name } = splitPath(parsed.name);
    return { repository: await platform.openFolder(folder), path: name };
  }
  const { folder, name } = splitUrl(parsed.url);
  const open = parsed.kind === "web" ? platform.openWebFolder : platform.openFolder;
  return { repository: await open(folder, { ...options, environment }), path: name };
}

function splitPath(path: string): { readonly folder: string; readonly name: string } {
  const end = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
  const name = path.slice(end + 1);
  if (name === "" || name === "." || name === "..") throw notAFile(path);
  return { folder: end < 0 ? "." : path.slice(0, end + 1), name };
}

function splitUrl(url: URL): { readonly folder: URL; readonly name: string } {
  const encoded = url.pathname.slice(url.pathname.lastIndexOf("/") + 1);
  if (encoded === "") throw notAFile(`${url.origin}${url.pathname}`);
  const folder = new URL(".", url);
  folder.search = url.search;
  return { folder, name: decodeSegment(encoded) };
}

function notAFile(found: string): InvalidArgumentError {
  return new InvalidArgumentError({
    subject: "source of the file",
    found: JSON.stringify(found),
    expected:
      "the path of a file, a URL of a file, or one of its page on the Hub (https://huggingface.co/owner/name/blob/main/model.pt)",
    remedy: "Add the file's name. A whole repository is loaded with fromPretrained.",
  });
}
