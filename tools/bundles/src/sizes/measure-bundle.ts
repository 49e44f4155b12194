import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { budgets } from "./budgets.ts";

/** The size of a bundled program: bytes, minified and compressed with gzip. */
export interface BundleSize {
  /** Code that is loaded immediately. */
  readonly initial: number;
  /** Code that is loaded on demand, by `import()`. */
  readonly later: number;
}

/**
 * Bundles a program with esbuild as for production, and measures it. Worker scripts are not included: esbuild does not
 * follow them.
 *
 * @param program - Its source.
 */
export async function measureBundle(program: string): Promise<BundleSize> {
  const { outputFiles, metafile } = await build({
    stdin: {
      contents: program,
      resolveDir: fileURLToPath(new URL(".", import.meta.url)),
    },
    bundle: true,
    format: "esm",
    splitting: true,
    minify: true,
    write: false,
    metafile: true,
    outdir: "out",
    logLevel: "silent",
  });
  const outputs = Object.entries(metafile.outputs);
  const needed = new Set(["out/stdin.js"]);
  for (const path of needed) {
    for (const { path: imported, kind } of metafile.outputs[path]?.imports ?? []) {
      if (kind === "import-statement") needed.add(imported);
    }
  }
  const size = { initial: 0, later: 0 };
  for (const [path] of outputs) {
    const file = outputFiles.find((candidate) => candidate.path.replaceAll("\\", "/").endsWith(`/${path}`));
    if (file === undefined) throw new Error(`esbuild did not write ${path}`);
    size[needed.has(path) ? "initial" : "later"] += gzipSync(file.contents, { level: 9 }).length;
  }
  return size;
}

function kilobytes(bytes: number): string {
  return (bytes / 1000).toFixed(1);
}

/** Prints what each program weighs, as a table. */
export async function printSizes(): Promise<void> {
  console.log("| kB, minified and gzipped | loaded at once | budget | loaded when needed |");
  console.log("|---|---|---|---|");
  for (const { name, program, bytes } of budgets) {
    const { initial, later } = await measureBundle(program);
    console.log(
      `| ${name} | ${kilobytes(initial)} | ${kilobytes(bytes)} | ${later === 0 ? "–" : kilobytes(later)} |`,
    );
  }
}
