import type { PythonJson } from "@onestep/core";
import { diffusersSchedulerFields } from "./diffusers-scheduler-fields.ts";

const sampler = `${diffusersSchedulerFields["EDMEulerScheduler"]} clip_denoised timestep_scale`;
const churn = "s_churn s_noise s_tmax s_tmin";
/** Fields of classes that diffusers does not have, and additional fields of diffusers' classes in this package. */
const ownFields: Readonly<Record<string, string>> = {
  EDMDDIMScheduler: sampler,
  EDMDPM2Scheduler: `${sampler} ${churn}`,
  EDMDPMSolverMultistepScheduler: "timestep_scale",
  EDMEulerAncestralScheduler: sampler,
  EDMEulerScheduler: "timestep_scale",
  EDMHeunScheduler: `${sampler} ${churn}`,
};

/**
 * The config entries that diffusers warns about: fields that belong neither to the class named in the config nor to a
 * class compatible with the one that reads it; `extract_init_dict` (configuration_utils.py).
 *
 * @param names - Entries that are not fields of the class that reads the config.
 * @param relatives - That class and the classes compatible with it.
 * @param writtenBy - The class named in the config.
 */
export function unexpectedAttributes(
  names: readonly string[],
  relatives: readonly string[],
  writtenBy: PythonJson,
): string[] {
  const writers = typeof writtenBy === "string" ? [writtenBy] : [];
  const known = new Set([...relatives, ...writers].flatMap(fieldsOf));
  return names.filter((name) => !known.has(name));
}

function fieldsOf(className: string): string[] {
  return [diffusersSchedulerFields, ownFields]
    .filter((table) => Object.hasOwn(table, className))
    .flatMap((table) => table[className]?.split(" ") ?? []);
}
