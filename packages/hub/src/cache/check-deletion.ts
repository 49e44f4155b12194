import { InvalidArgumentError } from "@onestep/core";
import { describeUrl } from "../http/describe-url.ts";
import { findRepositoryIdFault } from "../source/repository-id.ts";
import { findPathFault } from "../source/repository-path.ts";
import type { DeleteFromCacheOptions } from "./cache-report.ts";

/** What is to be deleted from a cache. */
export interface CheckedDeletion {
  /** The address of a folder on a web server; `undefined` where it is a repository of the Hub. */
  readonly url: string | undefined;
  readonly revision: string | undefined;
}

/** Checks what is to be deleted. @throws InvalidArgumentError where it is not the name of something in a cache. */
export function checkDeletion({ repoId, revision }: DeleteFromCacheOptions): CheckedDeletion {
  if (/^https?:\/\//i.test(repoId) && URL.canParse(repoId)) {
    if (revision !== undefined) {
      throw invalid("option revision", revision, "none, since a web server has no revisions");
    }
    return { url: describeUrl(new URL(repoId)).replace(/\/+$/, ""), revision };
  }
  const fault = findRepositoryIdFault(repoId);
  if (fault !== undefined) throw invalid("option repoId", `${repoId}, which ${fault}`, "a Hub id or a URL");
  const revisionFault = revision === undefined ? undefined : findPathFault(revision);
  if (revisionFault !== undefined) {
    throw invalid("option revision", `${revision}, which ${revisionFault}`, "a branch, a tag or a commit");
  }
  return { url: undefined, revision };
}

function invalid(subject: string, found: string, expected: string): InvalidArgumentError {
  return new InvalidArgumentError({ subject, found, expected, remedy: "Correct it." });
}
