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
