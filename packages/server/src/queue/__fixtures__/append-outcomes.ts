import { openJournal } from "../journal.node.ts";

/** Appends outcomes until it is killed, and tells of each that is on the disk. */
const journal = await openJournal(process.argv[2] ?? "");
const start = journal.outcomes.size;
for (let i = start; ; i++) {
  const names = [0, 1, 2].map((part) => `job-${i}-${part}`);
  const failure = { status: 500, code: "x".repeat(3000), message: names.join() };
  await Promise.all(names.map((name) => journal.append(name, { status: "failed", failure })));
  process.send?.(names);
}
