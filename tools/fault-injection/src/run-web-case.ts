import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { judgeOutcome } from "./check/judge-outcome.ts";
import type { DownloadRequest } from "./downloader/download-request.ts";
import type { DownloadOutcome } from "./downloader/downloader.ts";
import type { Finding } from "./finding.ts";
import type { CasePlan, Way } from "./plan/case-plan.ts";
import { contentOf, type PlannedFile, sha256Of } from "./plan/planned-file.ts";
import type { CaseResult, CaseTools } from "./run-case.ts";
import { secretToken } from "./troubled-hub.ts";
import { startTroubledWebServer, type TroubledWebServer } from "./troubled-web-server.ts";

/**
 * Downloads from a plain web server into a cache that has copies of all files, while the server, or what stands before
 * it, answers with pages, refusals and cuts. Whatever became of that, each file is there offline, as it was or as it is
 * now; and with nothing in the way as it is now.
 */
export async function runWebCase(
  plan: CasePlan,
  way: Extract<Way, { readonly kind: "web-server" }>,
  tools: CaseTools,
): Promise<CaseResult> {
  const cacheDir = await mkdtemp(join(tools.folder, "cache-"));
  const server = await startTroubledWebServer(plan.files);
  const findings: Finding[] = [];
  const request = makeRequest(plan, server, cacheDir);
  const old = plan.files;
  // Some files change meanwhile.
  const now = old.map((file, index) => (index % 2 === 0 ? { ...file, content: file.content + 100 } : file));
  try {
    const patient = { ...request, patience: 30, retry: { ...request.retry, maxRetries: 5 } };
    expectWhole(findings, "clean download failed", await tools.first.run(patient), [old]);
    server.serve(now);
    server.setFaults(way.faults);
    const outcomes = await downloadInTrouble(server, request, way, tools);
    for (const outcome of outcomes) findings.push(...judge(outcome, [old, now]));
    const offline = await tools.first.run({ ...patient, localFilesOnly: true });
    expectWhole(findings, "copy of a web server lost", offline, [old, now]);
    server.setFaults([]);
    expectWhole(findings, "clean download failed", await tools.second.run(patient), [now]);
    for (const detail of server.tokens) findings.push({ kind: "token sent elsewhere", detail });
    return { outcomes, findings, resumed: 0 };
  } finally {
    await server.close();
    await rm(cacheDir, { recursive: true, force: true });
  }
}

async function downloadInTrouble(
  server: TroubledWebServer,
  request: DownloadRequest,
  { moment }: Extract<Way, { readonly kind: "web-server" }>,
  { first, second }: CaseTools,
): Promise<readonly DownloadOutcome[]> {
  if (moment === undefined) return [await first.run(request)];
  const before = server.requestCount();
  let isOver = false;
  const running = first.run(request).finally(() => {
    isOver = true;
  });
  const giveUp = Date.now() + 300;
  while (!isOver && server.requestCount() - before < moment.requests && Date.now() < giveUp) await delay(1);
  await delay(moment.milliseconds);
  if (!isOver) await first.kill();
  return [await running, await second.run(request)];
}

/** Each file that was had is one of those that the server ever had there. */
function judge(outcome: DownloadOutcome, versions: readonly (readonly PlannedFile[])[]): readonly Finding[] {
  const findings = judgeOutcome(outcome, new Map(), secretToken).filter(
    ({ kind }) => kind !== "wrong content",
  );
  if (outcome.type !== "done") return findings;
  const wrong = outcome.result.files.filter(({ path, sha256 }) => {
    const right = versions.flatMap((files) => files.filter((file) => file.path === path));
    return sha256 !== undefined && !right.some((file) => sha256Of(contentOf(file)) === sha256);
  });
  return [
    ...findings,
    ...wrong.map(({ path, sha256 }) => ({ kind: "wrong content", detail: `${path}: ${sha256}` }) as const),
  ];
}

function expectWhole(
  findings: Finding[],
  kind: Finding["kind"],
  outcome: DownloadOutcome,
  versions: readonly (readonly PlannedFile[])[],
): void {
  findings.push(...judge(outcome, versions));
  if (outcome.type !== "done") return;
  const { failure, files } = outcome.result;
  for (const each of [failure, ...files.map((file) => file.failure)]) {
    if (each !== undefined) findings.push({ kind, detail: `${each.name}: ${each.message}` });
  }
}

function makeRequest(plan: CasePlan, server: TroubledWebServer, cacheDir: string): DownloadRequest {
  return {
    endpoint: "http://127.0.0.1:1",
    id: server.url,
    revision: "main",
    cacheDir,
    token: secretToken,
    paths: plan.files.map(({ path }) => path),
    atOnce: plan.atOnce,
    lists: false,
    localFilesOnly: false,
    holdRevision: false,
    retry: { maxRetries: plan.maxRetries, baseWaitTime: 0.001, maxWaitTime: 0.004 },
    patience: 0.15,
  };
}
