import { posix } from "node:path";
import { executedFiles } from "./executed-files.ts";
import { importClosure, moduleOf } from "./import-closure.ts";

/** Something that the library does, and the sources that a reader passes through to follow it. */
export interface Journey {
  readonly name: string;
  /** How its files are counted. */
  readonly counted: string;
  /** Paths from the root of the repository, sorted. */
  readonly files: readonly string[];
}

/** One DPM-Solver step: what runs between its call and its return. */
export async function dpmSolverStep(): Promise<Journey> {
  const files = await executedFiles(
    `import { Tensor } from "@onestep/core";
    import { DPMSolverMultistepScheduler } from "@onestep/schedulers";
    const scheduler = new DPMSolverMultistepScheduler();
    scheduler.setTimesteps({ numInferenceSteps: 10 });
    const zeros = () => new Tensor("float32", new Float32Array(3 * 8 * 8), [1, 3, 8, 8]);
    const [modelOutput, sample] = [zeros(), zeros()];
    const [timestep] = scheduler.timesteps;`,
    "scheduler.step(modelOutput, timestep, sample);",
  );
  return {
    name: "one DPM-Solver step",
    counted: "run, in schedulers",
    files: inPackages(files, ["schedulers"]),
  };
}

/** Loading the bundled checkpoint, until its session is disposed, in all threads. */
export async function fromPretrained(): Promise<Journey> {
  const files = await executedFiles(
    'import { ConsistencyModelPipeline } from "@onestep/pipelines";',
    "const pipe = await ConsistencyModelPipeline.fromPretrained(); await pipe.dispose();",
  );
  return {
    name: "`ConsistencyModelPipeline.fromPretrained`",
    counted: "run, in models, runtime, graph and pipelines",
    files: inPackages(files, ["models", "runtime", "graph", "pipelines"]),
  };
}

/** What has to load to put a file of the Hub into the cache, in Node. */
export function hubFile(): Journey {
  return {
    name: "a file from the Hub into the cache, in Node",
    counted:
      "import closure of `openRepository`, in hub, without what serves uploads, browsers, web servers and cache tools",
    files: importClosure(moduleOf("packages/hub/src/index.ts", "openRepository"), servesSomethingElse),
  };
}

const servesSomethingElse =
  /\/(?:browser|upload|web|xet)|\b(?:web|scan|delete|prune|upload)-|-upload\b|cache-tools/;

/** The folders of files, sorted. */
export function foldersOf(files: readonly string[]): readonly string[] {
  return [...new Set(files.map((file) => posix.dirname(file)))].sort();
}

/** A table of journeys, in Markdown. */
export function formatJourneys(journeys: readonly Journey[]): string {
  const rows = journeys.map(
    ({ name, counted, files }) => `| ${name} | ${counted} | ${files.length} | ${foldersOf(files).length} |`,
  );
  return ["| journey | counted | files | folders |", "|---|---|---|---|", ...rows, ""].join("\n");
}

function inPackages(files: readonly string[], names: readonly string[]): readonly string[] {
  return files.filter((file) => names.includes(file.split("/")[1] ?? ""));
}
