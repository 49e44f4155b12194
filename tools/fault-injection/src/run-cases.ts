import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Downloader } from "./downloader/downloader.ts";
import type { Finding } from "./finding.ts";
import { drawPlan } from "./plan/case-plan.ts";
import { drawUploadPlan } from "./plan/upload-plan.ts";
import { type CaseResult, type CaseTools, runCase } from "./run-case.ts";
import { runUploadCase } from "./run-upload-case.ts";
import { makeSmallDisk, type SmallDisk } from "./small-disk.ts";

/** How much to try. */
export interface RunOptions {
  readonly downloads: number;
  /** After the downloads. None by default. */
  readonly uploads?: number | undefined;
  /** Seed of the first download and of the first upload; each further one uses the next seed. */
  readonly seed: number;
  /** The number of concurrent cases. */
  readonly jobs: number;
  readonly onCase?: ((done: number) => void) | undefined;
  /** Stops the run after the cases in progress. */
  readonly signal?: AbortSignal | undefined;
  /** The script of the downloading processes; this package's own by default. */
  readonly script?: string | undefined;
}

/** Something that went wrong that must not, and where to see it again. */
export interface SeededFinding extends Finding {
  readonly of: "download" | "upload";
  readonly seed: number;
}

/** The results of all downloads and uploads. */
export interface RunReport {
  readonly downloads: number;
  readonly uploads: number;
  readonly firstSeed: number;
  readonly diskKind: SmallDisk["kind"];
  /** Plans by who downloaded or uploaded. */
  readonly ways: ReadonlyMap<string, number>;
  /** Processes at work while something went wrong, and how that ended. */
  readonly processes: number;
  readonly killed: number;
  readonly filesRight: number;
  /** Uploads that were committed, as they said. */
  readonly committed: number;
  readonly aborted: number;
  /** Requests for the rest of a file. */
  readonly resumed: number;
  /** Typed errors by the name of their class. */
  readonly errors: ReadonlyMap<string, number>;
  readonly findings: readonly SeededFinding[];
}

/** Nothing should wait longer than a few seconds; even a slow machine does not take this long. */
const patience = 60_000;

/** Runs the plans of many seeds. */
export async function runCases(options: RunOptions): Promise<RunReport> {
  const { downloads, jobs, onCase, script, seed: firstSeed, signal, uploads = 0 } = options;
  const ways = new Map<string, number>();
  const errors = new Map<string, number>();
  const findings: SeededFinding[] = [];
  const totals = { processes: 0, killed: 0, filesRight: 0, committed: 0, aborted: 0, resumed: 0 };
  const folder = await mkdtemp(join(tmpdir(), "onestep-faults-"));
  let started = 0;
  const done = { download: 0, upload: 0 };
  let diskKind: SmallDisk["kind"] = "file length";

  const runOne = (of: SeededFinding["of"], seed: number, tools: CaseTools): Promise<CaseResult> => {
    if (of === "download") {
      const plan = drawPlan(seed);
      countWay(plan.way.kind);
      return runCase(plan, tools);
    }
    const plan = drawUploadPlan(seed);
    countWay(`upload: ${plan.way.kind}${plan.way.kind === "killed" ? `, ${plan.way.stage}` : ""}`);
    return runUploadCase(plan, tools);
  };

  const countWay = (way: string): void => {
    ways.set(way, (ways.get(way) ?? 0) + 1);
  };

  const count = (
    { findings: found, outcomes, resumed }: CaseResult,
    origin: Pick<SeededFinding, "of" | "seed">,
  ): void => {
    findings.push(...found.map((finding) => ({ ...finding, ...origin })));
    totals.resumed += resumed;
    for (const outcome of outcomes) {
      totals.processes += 1;
      if (outcome.type === "killed") totals.killed += 1;
      if (outcome.type !== "done") continue;
      const { failure, files } = outcome.result;
      totals.filesRight += files.filter((file) => file.failure === undefined).length;
      if (origin.of === "upload" && failure === undefined) totals.committed += 1;
      for (const each of [failure, ...files.map((file) => file.failure)]) {
        if (each?.kind === "aborted") totals.aborted += 1;
        if (each?.kind === "typed") errors.set(each.name, (errors.get(each.name) ?? 0) + 1);
      }
    }
  };

  const work = async (job: number): Promise<void> => {
    const first = new Downloader({ patience, script });
    const second = new Downloader({ patience, script });
    const smallDisk = await makeSmallDisk(join(folder, `small-disk-${job}`));
    const makeLimited = (fileBlocks: number) => new Downloader({ patience, script, fileBlocks });
    diskKind = smallDisk.kind;
    try {
      while (started < downloads + uploads && signal?.aborted !== true) {
        const index = started;
        started += 1;
        const of = index < downloads ? "download" : "upload";
        const seed = firstSeed + (of === "download" ? index : index - downloads);
        count(await runOne(of, seed, { first, second, makeLimited, folder, smallDisk }), { of, seed });
        done[of] += 1;
        onCase?.(done.download + done.upload);
      }
    } finally {
      await Promise.all([first.end(), second.end()]);
      await smallDisk.close();
    }
  };

  try {
    await Promise.all(Array.from({ length: jobs }, (_, job) => work(job)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return {
    downloads: done.download,
    uploads: done.upload,
    firstSeed,
    diskKind,
    ways,
    errors,
    findings,
    ...totals,
  };
}
