import type { PythonJson } from "@onestep/core";
import { diffusersSchedulerFields } from "./diffusers-scheduler-fields.ts";

const sampler = `${diffusersSchedulerFields["EDMEulerScheduler"]} clip_denoised timestep_scale`;
const churn = "s_churn s_noise s_tmax s_tmin";
/** Fields of classes that diffusers does not have, and those that its classes have here alone. */
const ownFields: Readonly<Record<string, string>> = {
  EDMDDIMScheduler: sampler,
  EDMDPM2Scheduler: `${sampler} ${churn}`,
  EDMDPMSolverMultistepScheduler: "timestep_scale",
  EDMEulerAncestralScheduler: sampler,
  EDMEulerScheduler: "timestep_scale",
  EDMHeunScheduler: `${sampler} ${churn}`,
};

/**
 * The entries of a config that diffusers warns of: fields neither of the class that the config names, nor of one that is
 * compatible with the class that takes it; `extract_init_dict` (configuration_utils.py).
 *
 * @param names - Entries that are not fields of the class that takes the config.
 * @param relatives - That class, and those that are compatible with it.
 * @param writtenBy - What the config says of its class.
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
