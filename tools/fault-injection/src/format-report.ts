import { findingKinds } from "./finding.ts";
import type { RunReport } from "./run-cases.ts";

/** The figures of a run as text. */
export function formatReport(report: RunReport): string {
  const { downloads, firstSeed, diskKind, findings } = report;
  const line = (label: string, value: number): string =>
    `  ${label.padEnd(44)}${value.toLocaleString("en").padStart(9)}`;
  const table = (counts: ReadonlyMap<string, number>): string[] =>
    [...counts].sort(([, first], [, second]) => second - first).map(([label, value]) => line(label, value));
  return [
    `${downloads.toLocaleString("en")} downloads with faults, seeds ${firstSeed} to ${firstSeed + downloads - 1}`,
    ...table(report.ways),
    `  the full disk is a limit to the ${diskKind === "file system" ? "size of a file system" : "length of files"}`,
    "",
    "What became of them",
    line("processes that downloaded", report.processes),
    line("  of these killed, or threads", report.killed),
    line("files that arrived, and are right", report.filesRight),
    line("files that went on where they broke off", report.resumed),
    line("aborted by the caller", report.aborted),
    ...table(new Map([...report.errors].map(([name, count]) => [`typed: ${name}`, count]))),
    "",
    "What must not be",
    ...findingKinds.map((kind) => line(kind, findings.filter((finding) => finding.kind === kind).length)),
    ...findings.slice(0, 20).map(({ detail, kind, seed }) => `  seed ${seed}: ${kind}: ${detail}`),
  ].join("\n");
}
