import { InvalidArgumentError } from "@onestep/core";
import { platform } from "#platform";
import { resolveEndpoint } from "./environment/endpoint.ts";
import { isLocalFiles, type RepositoryLocation } from "./local/local-files.ts";
import { openLocalFiles } from "./local/open-local-files.ts";
import type { OpenRepositoryOptions, Repository } from "./repository.ts";
import { chooseRevision } from "./source/choose-revision.ts";
import { parseHubFileUrl } from "./source/hub-file-url.ts";
import { splitHubPath } from "./source/hub-url.ts";
import { findRepositoryIdFault } from "./source/repository-id.ts";
import { parseRepositorySource } from "./source/repository-source.ts";
import { fileInPlaceOfFolder, isWeightsFileName } from "./source/weights-file-name.ts";

/**
 * Opens a model's repository. An existing folder wins over a Hub id of the same name, as in diffusers.
 *
 * @param source - A Hub id (`owner/name`), a folder, a `file:` URL, an `http(s):` URL of a folder on any web server,
 * the URL of a model's page on the Hub, or files at hand: {@link LocalFiles}.
 * @throws InvalidArgumentError where `source` is none of these, is a file or named like one, or an option is wrong.
 * @throws RepositoryNotFoundError where there is no such repository or folder.
 */
export async function openRepository(
  source: RepositoryLocation,
  options: OpenRepositoryOptions = {},
): Promise<Repository> {
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

/** Refuses the URL of a file, before it is asked for the files of a model. A folder's may end with a slash. */
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
