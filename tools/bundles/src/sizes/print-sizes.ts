import { budgets } from "./budgets.ts";
import { measureBundle } from "./measure-bundle.ts";

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
