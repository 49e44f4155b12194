import type { RunReport } from "./run-cases.ts";

/** Something that no fault may lead to. */
export interface Finding {
  readonly kind: FindingKind;
  readonly detail: string;
}

export const findingKinds = [
  "crash",
  "hang",
  "error without a type",
  "wrong content",
  "corrupt cache entry",
  "corrupt cache entry after a clean download",
  "part left behind",
  "clean download failed",
  "not there offline",
  "not there any more",
  "older commit lost",
  "copy of a web server lost",
  "request though offline",
  "content fetched again",
  "half a commit",
  "upload lost",
  "clean upload failed",
  "content sent again",
  "token sent elsewhere",
  "one token's answer to another's caller",
  "secret in a message",
] as const;

/** What it is. */
export type FindingKind = (typeof findingKinds)[number];

/** The figures of a run as text. */
export function formatReport(report: RunReport): string {
  const { downloads, firstSeed, diskKind, findings, uploads } = report;
  const line = (label: string, value: number): string =>
    `  ${label.padEnd(44)}${value.toLocaleString("en").padStart(9)}`;
  const table = (counts: ReadonlyMap<string, number>): string[] =>
    [...counts].sort(([, first], [, second]) => second - first).map(([label, value]) => line(label, value));
  return [
    ...heading("downloads", downloads, firstSeed),
    ...heading("uploads", uploads, firstSeed),
    ...table(report.ways),
    `  the full disk is a limit to the ${diskKind === "file system" ? "size of a file system" : "length of files"}`,
    "",
    "What became of them",
    line("processes at work", report.processes),
    line("  of these killed, or threads", report.killed),
    line("files that arrived, and are right", report.filesRight),
    line("uploads that were committed", report.committed),
    line("files that went on where they broke off", report.resumed),
    line("aborted by the caller", report.aborted),
    ...table(new Map([...report.errors].map(([name, count]) => [`typed: ${name}`, count]))),
    "",
    "What must not be",
    ...findingKinds.map((kind) => line(kind, findings.filter((finding) => finding.kind === kind).length)),
    ...findings.slice(0, 20).map(({ detail, kind, of, seed }) => `  ${of} ${seed}: ${kind}: ${detail}`),
  ].join("\n");
}

function heading(what: string, count: number, firstSeed: number): readonly string[] {
  if (count === 0) return [];
  return [
    `${count.toLocaleString("en")} ${what} with faults, seeds ${firstSeed} to ${firstSeed + count - 1}`,
  ];
}
