import { isJsonObject, PythonFloat, type PythonJson } from "@onestep/core";
import { parsePythonJson } from "@onestep/core/files";
import type { Repository } from "@onestep/hub";
import { findComponentFolder } from "@onestep/pipelines";
import type { RepositorySettings } from "../repository-settings.ts";
import type { SchedulerReport } from "./model-report.ts";

/**
 * Reads how a scheduler samples, whatever its class.
 *
 * @param className - Of the component, as `model_index.json` names it.
 */
export async function readSchedulerReport(
  repository: Repository,
  className: string,
  { signal, onProgress }: RepositorySettings,
): Promise<SchedulerReport> {
  const configName = "scheduler_config.json";
  const folder = await findComponentFolder(repository, "scheduler", configName, { signal, onProgress });
  const path = folder === "" ? configName : `${folder}/${configName}`;
  const file = await repository.get(path, { signal, onProgress });
  const document = parsePythonJson(await file.text({ signal }), `${file.path} of ${repository.name}`);
  const fields = isJsonObject(document) ? document : {};
  const betaSchedule = fields["beta_schedule"];
  return {
    className,
    numTrainTimesteps: toNumber(fields["num_train_timesteps"]),
    sigmaMin: toNumber(fields["sigma_min"]),
    sigmaMax: toNumber(fields["sigma_max"]),
    betaSchedule: typeof betaSchedule === "string" ? betaSchedule : null,
    betaStart: toNumber(fields["beta_start"]),
    betaEnd: toNumber(fields["beta_end"]),
  };
}

function toNumber(json: PythonJson | undefined): number | null {
  if (json instanceof PythonFloat) return json.value;
  return typeof json === "number" ? json : null;
}
