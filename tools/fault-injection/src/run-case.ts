import { mkdtemp, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { checkCache, type ExpectedFile } from "./check/check-cache.ts";
import { judgeOutcome, judgeRights } from "./check/judge-outcome.ts";
import type { DownloadRequest } from "./downloader/download-request.ts";
import type { Downloader, DownloadOutcome } from "./downloader/downloader.ts";
import type { Finding } from "./finding.ts";
import type { CasePlan, Moment } from "./plan/case-plan.ts";
import { contentOf, objectIdOf, type PlannedFile, sha256Of } from "./plan/planned-file.ts";
import { runWebCase } from "./run-web-case.ts";
import type { SmallDisk } from "./small-disk.ts";
import {
  repositoriesOf,
  repositoryId,
  rivalToken,
  secretToken,
  startTroubledHub,
  type TroubledHub,
} from "./troubled-hub.ts";

/** What a case is run with. */
export interface CaseTools {
  /** Two processes that download. */
  readonly first: Downloader;
  readonly second: Downloader;
  /** Makes one whose files may not be longer. */
  readonly makeLimited: (fileBlocks: number) => Downloader;
  /** A folder for caches. */
  readonly folder: string;
  readonly smallDisk: SmallDisk;
}

/** The result of a case. */
export interface CaseResult {
  /** How the downloads ended on which things went wrong. */
  readonly outcomes: readonly DownloadOutcome[];
  readonly findings: readonly Finding[];
  /** Requests for the rest of a file. */
  readonly resumed: number;
}

/**
 * Downloads as planned while faults occur, and checks the cache. Then, without faults, the requested files must arrive,
 * and afterwards be available without a request for a content, or without any request if requests are not allowed.
 */
export async function runCase(plan: CasePlan, tools: CaseTools): Promise<CaseResult> {
  if (plan.way.kind === "web-server") return runWebCase(plan, plan.way, tools);
  const isFull = plan.way.kind === "full-disk";
  const cacheDir = await mkdtemp(join(isFull ? tools.smallDisk.folder : tools.folder, "cache-"));
  const troubled = await startTroubledHub(plan);
  try {
    return await new CaseRun(plan, tools, troubled, cacheDir).run();
  } finally {
    await troubled.close();
    await tools.smallDisk.clear();
    await rm(cacheDir, { recursive: true, force: true });
  }
}

class CaseRun {
  readonly #plan: CasePlan;
  readonly #tools: CaseTools;
  readonly #troubled: TroubledHub;
  readonly #cacheDir: string;
  readonly #findings: Finding[] = [];
  readonly #commits = new Map<string, ReadonlyMap<string, ExpectedFile>>();

  constructor(plan: CasePlan, tools: CaseTools, troubled: TroubledHub, cacheDir: string) {
    this.#plan = plan;
    this.#tools = tools;
    this.#troubled = troubled;
    this.#cacheDir = cacheDir;
    this.#noteCommit(plan.files);
  }

  async run(): Promise<CaseResult> {
    await this.#prepare();
    this.#troubled.addFaults();
    const outcomes = await this.#downloadInTrouble();
    for (const outcome of outcomes) this.#findings.push(...judgeOutcome(outcome, this.#commits, secretToken));
    const resumed = this.#troubled.hub.requests.filter(
      ({ headers }) => headers["range"] !== undefined,
    ).length;
    // If nothing could be downloaded, the damage done to the cache beforehand is still there.
    if (this.#plan.before !== "damaged-content") await this.#check("corrupt cache entry");
    this.#noteStrayTokens();
    await this.#readOlderCommit();
    this.#troubled.hub.clearFaults();
    await this.#tools.smallDisk.clear();
    await this.#downloadInPeace();
    return { outcomes, findings: this.#findings, resumed };
  }

  async #prepare(): Promise<void> {
    const { before, files } = this.#plan;
    const { hub } = this.#troubled;
    if (before === "nothing") return;
    if (before === "another-commit") {
      // Some of its contents are those of the commit that is downloaded afterwards.
      const others = files.map((file, index) =>
        index % 2 === 0 ? { ...file, content: file.content + 100 } : file,
      );
      hub.update(repositoriesOf(this.#plan, others));
      this.#noteCommit(others);
    }
    const outcome = await this.#tools.first.run(
      this.#request({ revision: "main", maxRetries: 5, patience: 30 }),
    );
    hub.update(repositoriesOf(this.#plan, files));
    hub.clearRequests();
    if (outcome.type !== "done") this.#findings.push({ kind: "clean download failed", detail: outcome.type });
    if (before === "damaged-content") await this.#damage();
  }

  /** Half of a content is lost, or all of it is wrong. */
  async #damage(): Promise<void> {
    const blobs = join(this.#cacheDir, "models--owner--name", "blobs");
    const [name] = await readdir(blobs);
    const file = this.#plan.files.find((each) => objectIdOf(contentOf(each), each.isLarge) === name);
    if (name === undefined || file === undefined || file.length < 2) return;
    if (this.#plan.atOnce) await truncate(join(blobs, name), file.length >> 1);
    else await writeFile(join(blobs, name), new Uint8Array(file.length).fill(0x55));
  }

  async #downloadInTrouble(): Promise<readonly DownloadOutcome[]> {
    const { way, maxRetries } = this.#plan;
    const { first, second, smallDisk, makeLimited } = this.#tools;
    const request = this.#request({ maxRetries, patience: 0.15 });
    switch (way.kind) {
      case "alone":
        return [await first.run(request)];
      case "aborted":
        return [await first.run({ ...request, abortAfter: way.afterMilliseconds })];
      case "pair":
        return Promise.all([first.run(request), second.run(request)]);
      case "pair-killed":
        return Promise.all([this.#runAndStop(first, request, way.moment), second.run(request)]);
      case "killed":
        return [await this.#runAndStop(first, request, way.moment), await second.run(request)];
      case "thread-terminated":
        return [
          await this.#runAndStop(first, { ...request, inThread: true }, way.moment),
          await first.run(request),
        ];
      case "two-tokens":
        return this.#downloadWithRival(request, way.together);
      case "web-server":
        return [];
      case "full-disk": {
        const { fileBlocks } = await smallDisk.fill(way.roomBytes);
        if (fileBlocks === undefined) return [await first.run(request)];
        const limited = makeLimited(fileBlocks);
        const outcome = await limited.run(request);
        await limited.end();
        return [outcome];
      }
    }
  }

  /** Two concurrent callers, one without access to the files; each must get the same answer as if it were alone. */
  async #downloadWithRival(request: DownloadRequest, together: boolean): Promise<readonly DownloadOutcome[]> {
    const { first, second } = this.#tools;
    if (together) {
      const outcome = await first.run({ ...request, rivalToken });
      if (outcome.type === "done") this.#findings.push(...judgeRights(outcome.result, outcome.result.rival));
      return [outcome];
    }
    const [own, rival] = await Promise.all([
      first.run(request),
      second.run({ ...request, token: rivalToken }),
    ]);
    if (own.type === "done" && rival.type === "done") {
      this.#findings.push(...judgeRights(own.result, rival.result));
    }
    return [own, rival];
  }

  /** Kills the process, or terminates its thread where that downloads. */
  async #runAndStop(
    downloader: Downloader,
    request: DownloadRequest,
    moment: Moment,
  ): Promise<DownloadOutcome> {
    let isOver = false;
    const running = downloader.run(request).finally(() => {
      isOver = true;
    });
    const { requests } = this.#troubled.hub;
    const giveUp = Date.now() + 300;
    while (!isOver && requests.length < moment.requests && Date.now() < giveUp) await delay(1);
    await delay(moment.milliseconds);
    if (!isOver) await (request.inThread ? downloader.terminateThread() : downloader.kill());
    return running;
  }

  /** What was whole before an update that may have failed is whole offline after it. */
  async #readOlderCommit(): Promise<void> {
    if (this.#plan.before !== "another-commit") return;
    const request = this.#request({ revision: "main", maxRetries: 0, patience: 30 });
    const outcome = await this.#tools.first.run({ ...request, lists: false, localFilesOnly: true });
    this.#findings.push(...judgeOutcome(outcome, this.#commits, secretToken));
    if (outcome.type !== "done") return;
    const { failure, files } = outcome.result;
    for (const each of [failure, ...files.map((file) => file.failure)]) {
      if (each === undefined) continue;
      this.#findings.push({ kind: "older commit lost", detail: `${each.name}: ${each.message}` });
    }
  }

  /** What was asked for arrives when nothing is in the way, and is there from then on. */
  async #downloadInPeace(): Promise<void> {
    const { first, second } = this.#tools;
    const request = this.#request({ maxRetries: 5, patience: 30 });
    this.#expectWhole("clean download failed", await second.run(request));
    await this.#check("corrupt cache entry after a clean download");
    this.#troubled.hub.clearRequests();
    this.#expectWhole(
      "not there offline",
      await first.run({ ...request, lists: false, localFilesOnly: true }),
    );
    for (const { path } of this.#troubled.hub.requests) {
      this.#findings.push({ kind: "request though offline", detail: path });
    }
    this.#expectWhole("not there any more", await first.run(request));
    for (const line of this.#troubled.contentRequests()) {
      this.#findings.push({ kind: "content fetched again", detail: line });
    }
  }

  #expectWhole(kind: Finding["kind"], outcome: DownloadOutcome): void {
    this.#findings.push(...judgeOutcome(outcome, this.#commits, secretToken));
    if (outcome.type !== "done") return;
    const { commit, failure, files } = outcome.result;
    const expected = this.#troubled.hub.commit(repositoryId);
    if (failure === undefined && commit !== expected) {
      this.#findings.push({ kind, detail: `commit ${commit} in place of ${expected}` });
    }
    for (const each of [failure, ...files.map((file) => file.failure)]) {
      if (each !== undefined) this.#findings.push({ kind, detail: `${each.name}: ${each.message}` });
    }
  }

  async #check(kind: Finding["kind"]): Promise<void> {
    const { faults, leftovers } = await checkCache(this.#cacheDir, this.#commits);
    for (const detail of faults) this.#findings.push({ kind, detail });
    if (kind !== "corrupt cache entry after a clean download") return;
    for (const detail of leftovers.filter((path) => path.endsWith(".incomplete"))) {
      this.#findings.push({ kind: "part left behind", detail });
    }
  }

  #noteStrayTokens(): void {
    for (const detail of this.#troubled.strayTokens()) {
      this.#findings.push({ kind: "token sent elsewhere", detail });
    }
  }

  #noteCommit(files: readonly PlannedFile[]): void {
    const expected = new Map(
      files.map((file) => {
        const bytes = contentOf(file);
        return [file.path, { objectId: objectIdOf(bytes, file.isLarge), sha256: sha256Of(bytes) }];
      }),
    );
    this.#commits.set(this.#troubled.hub.commit(repositoryId), expected);
  }

  #request(options: {
    readonly revision?: string;
    readonly maxRetries: number;
    readonly patience: number;
  }): DownloadRequest {
    const { atOnce, files, lists, revision } = this.#plan;
    const { hub } = this.#troubled;
    return {
      endpoint: hub.endpoint,
      id: repositoryId,
      revision: options.revision ?? (revision === "commit" ? hub.commit(repositoryId) : revision),
      cacheDir: this.#cacheDir,
      token: secretToken,
      paths: files.map(({ path }) => path),
      atOnce,
      lists,
      localFilesOnly: false,
      holdRevision: this.#plan.before === "another-commit",
      retry: { maxRetries: options.maxRetries, baseWaitTime: 0.001, maxWaitTime: 0.004 },
      patience: options.patience,
    };
  }
}
