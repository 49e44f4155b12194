import { writeFile } from "node:fs/promises";
import { BatchRunner } from "./batch-runner.ts";
import { type FuzzReport, formatReport, fuzz } from "./fuzz.ts";
import { type Options, parseOptions, UsageError, usage } from "./parse-options.ts";

/** A thousand files take well under a second; a machine may be slow, but not by this much. */
const patience = 120_000;

async function run(options: Options): Promise<void> {
  const runners = Array.from({ length: options.jobs }, () => new BatchRunner(patience));
  const reports: FuzzReport[] = [];
  for (const target of options.targets) {
    const report = await fuzz({
      ...options,
      target,
      runners: runners.map((runner) => (request) => runner.run(request)),
      onBatch: (done, total) => {
        if (done % 100 === 0 || done === total) console.error(`${target}: ${done} of ${total} thousand`);
      },
    });
    reports.push(report);
  }
  for (const runner of runners) runner.end();
  console.log(formatReport(reports));
  const failures = reports.flatMap((report) => report.failures);
  if (failures.length === 0) return;
  await writeFile(options.failures, `${JSON.stringify(failures, null, 2)}\n`);
  console.error(`Seeds and smallest inputs are in ${options.failures}.`);
  process.exitCode = 1;
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) console.log(usage);
  else await run(options);
} catch (error) {
  console.error(error instanceof UsageError ? `${error.message}\n\n${usage}` : error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
