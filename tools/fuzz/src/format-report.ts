import type { FuzzReport } from "./fuzz.ts";

/** The figures of a run as text. */
export function formatReport(reports: readonly FuzzReport[]): string {
  const rows = reports.map(({ target, inputs, loaded, refused, failures }) => {
    const count = (kind: string): number => failures.filter((failure) => failure.kind === kind).length;
    return [
      `${target}: ${inputs.toLocaleString("en")} files`,
      `  refused with a typed error  ${refused.toLocaleString("en")}`,
      `  read, and as they say       ${loaded.toLocaleString("en")}`,
      `  batches with a finding      ${count("finding")}`,
      `  crashes                     ${count("crash")}`,
      `  hangs                       ${count("hang")}`,
      ...failures.map(({ kind, seed, reason }) => `  ${kind} at seed ${seed}: ${reason}`),
    ].join("\n");
  });
  return rows.join("\n\n");
}
