import type { PythonJson } from "@onestep/core";
import { diffusersSchedulerFields, karrasFamily } from "./diffusers-scheduler-fields.ts";

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
 * The entries of a config that diffusers warns of: neither the class that the config says it is of has such a field,
 * nor one that is compatible with the class that takes it; `extract_init_dict` (configuration_utils.py).
 *
 * @param names - Entries that are not fields of `className`.
 * @param writtenBy - What the config says of its class.
 */
export function unexpectedAttributes(
  names: readonly string[],
  className: string,
  writtenBy: PythonJson,
): string[] {
  const writers = typeof writtenBy === "string" ? [writtenBy] : [];
  const known = new Set([...compatiblesOf(className), ...writers].flatMap(fieldsOf));
  return names.filter((name) => !known.has(name));
}

/** As the classes say themselves, which are not loaded for this. */
function compatiblesOf(className: string): readonly string[] {
  if (karrasFamily.includes(className)) return karrasFamily;
  const isOwn = Object.hasOwn(ownFields, className) && !Object.hasOwn(diffusersSchedulerFields, className);
  return isOwn ? ["CMStochasticIterativeScheduler", ...Object.keys(ownFields)] : [className];
}

function fieldsOf(className: string): string[] {
  return [diffusersSchedulerFields, ownFields]
    .filter((table) => Object.hasOwn(table, className))
    .flatMap((table) => table[className]?.split(" ") ?? []);
}
