import type { DownloadResult } from "../downloader/download-request.ts";
import type { DownloadOutcome } from "../downloader/downloader.ts";
import type { Finding } from "../finding.ts";
import type { ExpectedCommits } from "./check-cache.ts";

/** What is wrong with how a download ended, whatever went wrong meanwhile. */
export function judgeOutcome(
  outcome: DownloadOutcome,
  commits: ExpectedCommits,
  secret: string,
): readonly Finding[] {
  if (outcome.type === "killed") return [];
  if (outcome.type === "hang") return [{ kind: "hang", detail: "no result in time" }];
  if (outcome.type === "crash") return [{ kind: "crash", detail: outcome.reason }];
  const { commit = "", failure, files, warnings } = outcome.result;
  const findings: Finding[] = [];
  const failures = [failure, ...files.map((file) => file.failure)].filter((each) => each !== undefined);
  for (const { kind, message, name } of failures) {
    if (kind === "untyped") findings.push({ kind: "error without a type", detail: `${name}: ${message}` });
  }
  for (const message of [...warnings, ...failures.map((each) => each.message)]) {
    // The addresses of the storage are signed.
    if (message.includes(secret) || message.includes("signature=")) {
      findings.push({ kind: "secret in a message", detail: message });
    }
  }
  for (const { path, sha256 } of files) {
    if (sha256 === undefined || sha256 === commits.get(commit)?.get(path)?.sha256) continue;
    findings.push({ kind: "wrong content", detail: `${path}: SHA-256 ${sha256}` });
  }
  return findings;
}

const refusals = new Set(["GatedRepositoryError", "InvalidTokenError", "RepositoryNotFoundError"]);

/** What one caller got of the rights of another, who asked at the same time and may not have the files. */
export function judgeRights(
  own: Pick<DownloadResult, "failure" | "files">,
  rival: Pick<DownloadResult, "failure" | "files"> | undefined,
): readonly Finding[] {
  const kind = "one token's answer to another's caller";
  const failures = [own.failure, ...own.files.map((file) => file.failure)];
  const refused = failures.filter((failure) => refusals.has(failure?.name ?? ""));
  const given = rival?.files.filter(({ cached, sha256 }) => sha256 !== undefined && cached === false) ?? [];
  return [
    ...refused.map((failure) => ({ kind, detail: `who may: ${failure?.message}` }) as const),
    ...given.map(({ path }) => ({ kind, detail: `who may not: ${path}` }) as const),
  ];
}
