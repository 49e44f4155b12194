import { writeFile } from "node:fs/promises";
import { formatReport } from "./finding.ts";
import { type Options, parseOptions, UsageError, usage } from "./parse-options.ts";
import { runCases } from "./run-cases.ts";

async function run(options: Options): Promise<void> {
  const { downloads, failures, uploads } = options;
  const all = downloads + uploads;
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => controller.abort());
  const report = await runCases({
    ...options,
    signal: controller.signal,
    onCase: (done) => {
      if (done % 500 === 0 || done === all) console.error(`${done} of ${all}`);
    },
  });
  console.log(formatReport(report));
  if (report.findings.length === 0) return;
  await writeFile(failures, `${JSON.stringify(report.findings, null, 2)}\n`);
  console.error(
    `All of it is in ${failures}; --seed <n> --downloads 1 --uploads 0 makes a download again, --downloads 0 --uploads 1 an upload.`,
  );
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
