import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** What V8 writes on a function: its first range is the whole of it. */
interface FunctionCoverage {
  readonly ranges: readonly {
    readonly startOffset: number;
    readonly endOffset: number;
    readonly count: number;
  }[];
}

interface CoverageReport {
  readonly result: readonly { readonly url: string; readonly functions: readonly FunctionCoverage[] }[];
}

/** The root folder of the repository. */
export const root: string = fileURLToPath(new URL("../../../", import.meta.url));

/**
 * The sources of which a program runs a function between two moments, in all of its threads and processes. The program
 * runs twice from `dist`, without `journey` and with it: a file counts where a function of it was called more often. What
 * a module does while it loads does not count.
 *
 * @param preparation The beginning of the program, an ES module.
 * @param journey Its end.
 * @returns Paths from the root of the repository, with forward slashes, sorted.
 */
export async function executedFiles(preparation: string, journey: string): Promise<readonly string[]> {
  const before = await countCalls(preparation);
  const after = await countCalls(`${preparation}\n${journey}`);
  const files = new Set<string>();
  for (const [key, count] of after) {
    if (count > (before.get(key) ?? 0)) files.add(key.slice(0, key.lastIndexOf(":")));
  }
  return [...files].sort();
}

/** How often each function of the packages is called: `<source>:<start>` → calls. */
async function countCalls(program: string): Promise<ReadonlyMap<string, number>> {
  const folder = await mkdtemp(join(tmpdir(), "onestep-journeys-"));
  try {
    await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], {
      cwd: join(root, "tools", "journeys"),
      env: { ...process.env, NODE_V8_COVERAGE: folder },
      timeout: 60_000,
    });
    const calls = new Map<string, number>();
    for (const name of await readdir(folder)) {
      const { result } = JSON.parse(await readFile(join(folder, name), "utf8")) as CoverageReport;
      for (const { url, functions } of result) {
        const source = sourceOf(url);
        if (source === undefined) continue;
        for (const { ranges } of functions) {
          const [{ startOffset, count } = { startOffset: 0, count: 0 }] = ranges;
          // The module itself begins where its file does.
          if (startOffset === 0) continue;
          const key = `${source}:${startOffset}`;
          calls.set(key, (calls.get(key) ?? 0) + count);
        }
      }
    }
    return calls;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The source of a compiled file of a package; undefined for all other scripts. */
function sourceOf(url: string): string | undefined {
  if (!url.startsWith("file:")) return undefined;
  const path = relative(root, fileURLToPath(url)).split(sep).join("/");
  const [, start, end] = /^(packages\/[^/]+\/)dist\/(.*)\.js$/.exec(path) ?? [];
  return start === undefined ? undefined : `${start}src/${end}.ts`;
}
