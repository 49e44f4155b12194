import type { Invocation } from "../command.ts";
import { readRepositorySettings } from "../repository-settings.ts";
import { formatModelReport } from "./format-model-report.ts";
import { readModelReport } from "./read-model-report.ts";

/** `onestep inspect`. */
export async function inspectModel(invocation: Invocation): Promise<void> {
  const { arguments: parsed, output } = invocation;
  const report = await readModelReport(parsed.positionals[0], readRepositorySettings(invocation));
  output.result({ lines: formatModelReport(report), document: report });
}
