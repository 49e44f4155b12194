import { InvalidArgumentError } from "@onestep/core";
import { requireKnownOptions } from "@onestep/core/internal/known-options";
import { platform } from "#platform";
import { isLocalFiles, openLocalFiles, type RepositoryLocation } from "./local-files.ts";
import {
  type OpenRepositoryOptions,
  openRepositoryOptionNames,
  type Repository,
  type RepositoryFile,
} from "./repository.ts";
import { resolveEndpoint } from "./settings.ts";
import {
  chooseRevision,
  decodeSegment,
  fileInPlaceOfFolder,
  isWeightsFileName,
  parseHubFileUrl,
  parseRepositorySource,
  splitHubPath,
} from "./source.ts";
import { findRepositoryIdFault } from "./validators.ts";

/**
 * Opens a model's repository. An existing folder wins over a Hub id of the same name, as in diffusers.
 *
 * @param source - A Hub id (`owner/name`), a folder, a `file:` URL, an `http(s):` URL of a folder on any web server,
 * the URL of a model's page on the Hub, or local files: {@link LocalFiles}.
 * @throws InvalidArgumentError if `source` is anything else or a file, or an option is invalid.
 * @throws RepositoryNotFoundError if there is no such repository or folder.
 *
 * @example
 * const repository = await openRepository("openai/diffusers-cd_imagenet64_l2");
 * const config = await repository.get("unet/config.json");
 * console.log(JSON.parse(await config.text()).sample_size);
 */
export async function openRepository(
  source: RepositoryLocation,
  options: OpenRepositoryOptions = {},
): Promise<Repository> {
  requireKnownOptions("openRepository", options, openRepositoryOptionNames);
  options.signal?.throwIfAborted();
  if (isLocalFiles(source)) return openLocalFiles(source);
  const environment = options.environment ?? platform.readEnvironment();
  const endpoint = resolveEndpoint(options.endpoint, environment);
  refuseFileUrl(source, endpoint);
  const parsed = parseRepositorySource(source, endpoint);
  if (parsed.kind === "folder-url") return platform.openFolder(parsed.url);
  if (parsed.kind === "web") return platform.openWebFolder(parsed.url, { ...options, environment });
  if (parsed.kind === "name") {
    const kind = await platform.entryKind(parsed.name);
    if (kind === "a folder") return platform.openFolder(parsed.name);
    refuseFile(parsed.name, kind);
  }
  const id = parsed.kind === "hub" ? parsed.id : checkRepositoryId(parsed.name);
  const revision = chooseRevision(options.revision, parsed.kind === "hub" ? parsed.revision : undefined);
  return platform.openHub({ id, revision, endpoint, environment }, { ...options, environment });
}

/** Refuses the URL of a file before any request. The URL of a folder may end with a slash. */
function refuseFileUrl(source: string | URL, endpoint: URL): void {
  if (!URL.canParse(source)) return;
  const url = new URL(source);
  if (!/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") return;
  const onHub = splitHubPath(url, endpoint) !== undefined;
  const isFile = onHub ? parseHubFileUrl(url, endpoint) !== undefined : isWeightsFileName(url.pathname);
  if (isFile && isWeightsFileName(url.pathname)) {
    throw fileInPlaceOfFolder(`${url.origin}${url.pathname}`, "the address of a file");
  }
}

function refuseFile(name: string, kind: "a file" | "nothing"): void {
  if (kind === "a file") throw fileInPlaceOfFolder(name, kind);
  if (isWeightsFileName(name)) throw fileInPlaceOfFolder(name, "the name of a file");
}

function checkRepositoryId(name: string): string {
  const fault = findRepositoryIdFault(name);
  if (fault === undefined) return name;
  throw new InvalidArgumentError({
    subject: "source of the repository",
    found: `${JSON.stringify(name)}, which is neither an existing folder nor a valid Hub id (it ${fault})`,
    expected: 'an existing folder or an id such as "openai/diffusers-cd_imagenet64_l2"',
    remedy: "Check the spelling, and the current folder if the path is relative.",
  });
}

/** What a single file can be opened from. */
export type FileLocation = string | URL | File;

/**
 * Opens a single file, such as an original checkpoint. A file on the Hub or a web server is downloaded into the cache.
 *
 * @param source - A path, a `file:` URL, an `http(s):` URL, the URL of a file's page on the Hub
 * (`https://huggingface.co/owner/name/blob/main/model.pt`), or a `File` of a browser.
 * @throws InvalidArgumentError if `source` is anything else, or an option is invalid.
 * @throws EntryNotFoundError, RepositoryNotFoundError if there is no such file.
 *
 * @example
 * const file = await openFile("https://huggingface.co/owner/name/blob/main/model.safetensors");
 */
export async function openFile(
  source: FileLocation,
  options: OpenRepositoryOptions = {},
): Promise<RepositoryFile> {
  requireKnownOptions("openFile", options, openRepositoryOptionNames);
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
  const folder = new URL("./", url);
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
