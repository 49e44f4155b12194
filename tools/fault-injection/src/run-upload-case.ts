import { setTimeout as delay } from "node:timers/promises";
import { type FakeHub, startFakeHub } from "@onestep/fake-hub";
import { judgeOutcome } from "./check/judge-outcome.ts";
import type { UploadRequest } from "./downloader/download-request.ts";
import type { DownloadOutcome } from "./downloader/downloader.ts";
import type { Finding } from "./finding.ts";
import { contentOf, type PlannedFile } from "./plan/planned-file.ts";
import { type UploadFault, type UploadPlan, type UploadStage, uploadStages } from "./plan/upload-plan.ts";
import type { CaseResult, CaseTools } from "./run-case.ts";
import { startStranger } from "./stranger.ts";
import { repositoryId, secretToken } from "./troubled-hub.ts";

const oldFiles = { "old.json": "{}", "model_index.json": "old" };

/**
 * Uploads as planned while things go wrong. Whatever became of that, the branch has all of an upload or nothing of it.
 * Then, with nothing in the way, the upload succeeds, and another sends no large file again.
 */
export async function runUploadCase(plan: UploadPlan, tools: CaseTools): Promise<CaseResult> {
  const stranger = await startStranger(new Map());
  const hub = await startFakeHub({
    repositories: plan.exists ? { [repositoryId]: { files: oldFiles } } : {},
    accounts: { [secretToken]: { name: "owner" } },
    basePath: plan.basePath,
    partBytes: plan.partBytes,
  });
  try {
    for (const fault of plan.faults) hub.addFault(toFakeFault(fault, stranger.url));
    const findings: Finding[] = [];
    const outcomes = await uploadInTrouble(plan, hub, tools);
    for (const outcome of outcomes) findings.push(...judgeOutcome(outcome, new Map(), secretToken));
    const stored = storedFiles(hub);
    const isCommitted = [plan.files, othersOf(plan.files)].some((files) => isSame(stored, files));
    const isUntouched = plan.exists ? stored?.get("old.json") !== undefined : (stored?.size ?? 0) === 0;
    if (!isCommitted && !isUntouched) {
      findings.push({ kind: "half a commit", detail: [...(stored ?? []).keys()].join(", ") });
    }
    const hasSucceeded = outcomes.some(
      (outcome) => outcome.type === "done" && outcome.result.failure === undefined,
    );
    if (hasSucceeded && !isCommitted) findings.push({ kind: "upload lost", detail: "no commit" });
    hub.clearFaults();
    await uploadInPeace(plan, hub, { tools, findings });
    const cdnTokens = hub.requests.flatMap(({ headers, host }) =>
      host === "cdn" ? (headers["authorization"] ?? []) : [],
    );
    for (const detail of [...stranger.tokens, ...cdnTokens]) {
      findings.push({ kind: "token sent elsewhere", detail });
    }
    return { outcomes, findings, resumed: 0 };
  } finally {
    await Promise.all([hub.close(), stranger.close()]);
  }
}

async function uploadInTrouble(
  plan: UploadPlan,
  hub: FakeHub,
  { first, second }: CaseTools,
): Promise<readonly DownloadOutcome[]> {
  const { way } = plan;
  const request = makeRequest(plan, hub, { maxRetries: plan.maxRetries, patience: 0.15 });
  switch (way.kind) {
    case "alone":
      return [await first.run(request)];
    case "aborted":
      return [await first.run({ ...request, abortAfter: way.afterMilliseconds })];
    case "pair":
      return Promise.all([first.run(request), second.run({ ...request, files: othersOf(plan.files) })]);
    case "killed": {
      const held = way.request === "held" ? { stallAfterReceivedBytes: 0 } : { stallAfterBytes: -1 };
      if (way.request !== "answered" && way.stage !== "check") {
        hub.addFault({ path: uploadStages[way.stage], times: 1, ...held });
      }
      let isOver = false;
      const running = first.run(request).finally(() => {
        isOver = true;
      });
      while (!isOver && !hasReached(hub, way.stage)) await delay(1);
      await delay(way.afterMilliseconds);
      if (!isOver) await first.kill();
      hub.clearFaults();
      return [await running, await second.run(request)];
    }
  }
}

function hasReached({ requests }: FakeHub, stage: UploadStage): boolean {
  const commit = requests.findIndex(({ path }) => path.includes(uploadStages.commit));
  if (stage === "check" && commit < 0) return false;
  const seen = stage === "check" ? requests.slice(commit) : requests;
  return seen.some(({ path }) => path.includes(uploadStages[stage]));
}

async function uploadInPeace(
  plan: UploadPlan,
  hub: FakeHub,
  { tools, findings }: { readonly tools: CaseTools; readonly findings: Finding[] },
): Promise<void> {
  const request = makeRequest(plan, hub, { maxRetries: 5, patience: 30 });
  for (const downloader of [tools.second, tools.first]) {
    const sent = hub.requests.length;
    const outcome = await downloader.run(request);
    findings.push(...judgeOutcome(outcome, new Map(), secretToken));
    const failure = outcome.type === "done" ? outcome.result.failure : undefined;
    if (failure !== undefined) {
      findings.push({ kind: "clean upload failed", detail: `${failure.name}: ${failure.message}` });
    }
    if (!isSame(storedFiles(hub), plan.files)) {
      findings.push({ kind: "clean upload failed", detail: "other files than those that were uploaded" });
    }
    if (downloader === tools.second) continue;
    for (const { host, method, path } of hub.requests.slice(sent)) {
      if (host === "cdn" && method === "PUT") findings.push({ kind: "content sent again", detail: path });
    }
  }
}

function makeRequest(
  { files }: UploadPlan,
  { endpoint }: FakeHub,
  { maxRetries, patience }: { readonly maxRetries: number; readonly patience: number },
): UploadRequest {
  const retry = { maxRetries, baseWaitTime: 0.001, maxWaitTime: 0.004 };
  return { endpoint, id: repositoryId, token: secretToken, files, retry, patience };
}

/** The files of the branch, except those that the Hub adds; undefined if there is no repository. */
function storedFiles(hub: FakeHub): ReadonlyMap<string, Uint8Array> | undefined {
  try {
    return new Map([...hub.files(repositoryId)].filter(([path]) => path !== ".gitattributes"));
  } catch {
    return undefined;
  }
}

/** The same paths with other contents. */
function othersOf(files: readonly PlannedFile[]): readonly PlannedFile[] {
  return files.map((file) => ({ ...file, content: file.content + 100 }));
}

function isSame(stored: ReadonlyMap<string, Uint8Array> | undefined, files: readonly PlannedFile[]): boolean {
  const left = new Map(stored);
  // What the branch had before and no file replaces stays, unless it is obsolete.
  if (!files.some(({ path }) => path === "model_index.json")) left.delete("model_index.json");
  return (
    left.size === files.length &&
    files.every((file) => Buffer.compare(left.get(file.path) ?? Buffer.of(0, 0), contentOf(file)) === 0)
  );
}

function toFakeFault(
  { stage, times, what }: UploadFault,
  strangerUrl: string,
): Parameters<FakeHub["addFault"]>[0] {
  const where = stage === undefined ? { times } : { times, path: uploadStages[stage] };
  if (!("redirect" in what)) return { ...where, ...what };
  return { ...where, status: what.redirect, headers: { Location: `${strangerUrl}/junk` } };
}
