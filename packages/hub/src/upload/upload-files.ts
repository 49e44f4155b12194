import { InvalidArgumentError } from "@onestep/core";
import { platform } from "#platform";
import { resolveEndpoint } from "../environment/endpoint.ts";
import { findRepositoryIdFault } from "../source/repository-id.ts";
import { checkRepositoryPath, findPathFault } from "../source/repository-path.ts";
import type { UploadFile } from "./upload-file.ts";
import type { UploadFilesOptions, UploadReport } from "./upload-files-options.ts";

/**
 * Puts files into a model's repository on the Hub, in one commit; the repository is made where there is none. Large
 * files are read piece by piece, first for their SHA-256 and then to be sent, and none that the Hub has already is sent
 * again. Either all of it is committed or nothing.
 *
 * @param repositoryId - `owner/name`; a name alone is of the one that the token belongs to.
 * @throws InvalidArgumentError where the id, a path or an option is wrong.
 * @throws MissingTokenError, InvalidTokenError, PermissionDeniedError where the token is missing, refused or may not.
 * @throws RepositoryNotFoundError, RevisionNotFoundError where the branch is not there.
 * @throws ConflictError where somebody else changes the repository; UploadRejectedError where the Hub does not take it.
 * @throws ConnectionError, ServerError where the Hub is out of reach or out of order; OfflineError where requests are not
 * allowed.
 * @throws UnsupportedError in a browser.
 */
export async function uploadFiles(
  repositoryId: string,
  files: readonly UploadFile[],
  options: UploadFilesOptions = {},
): Promise<UploadReport> {
  options.signal?.throwIfAborted();
  const { revision = "main" } = options;
  const idFault = findRepositoryIdFault(repositoryId);
  if (idFault !== undefined) throw invalid("repositoryId", repositoryId, idFault, '"owner/name"');
  const revisionFault = findPathFault(revision);
  if (revisionFault !== undefined) {
    throw invalid("option revision", revision, revisionFault, "the name of a branch");
  }
  checkPaths(files);
  const environment = options.environment ?? platform.readEnvironment();
  const endpoint = resolveEndpoint(options.endpoint, environment);
  return platform.uploadFiles({ id: repositoryId, revision, endpoint, environment }, files, options);
}

function checkPaths(files: readonly UploadFile[]): void {
  const paths = new Set<string>();
  for (const { path } of files) {
    if (paths.has(checkRepositoryPath(path))) {
      throw invalid("files", path, "is there twice", "one file for each path");
    }
    paths.add(path);
  }
  if (paths.size === 0) {
    throw new InvalidArgumentError({
      subject: "files",
      found: "none",
      expected: "at least one file",
      remedy: "Pass what is to be uploaded.",
    });
  }
}

function invalid(subject: string, found: string, fault: string, expected: string): InvalidArgumentError {
  return new InvalidArgumentError({
    subject,
    found: `${JSON.stringify(found)}, which ${fault}`,
    expected,
    remedy: "Correct it.",
  });
}
