import { toSnakeCase } from "@onestep/core/internal";
import { expect, it, vi } from "vitest";
import { schedulerClasses } from "../load-scheduler.ts";
import { DDIMScheduler } from "../schedulers/ddim-scheduler.ts";
import { PNDMScheduler } from "../schedulers/pndm-scheduler.ts";
import { relativesOf } from "./compatibles.ts";
import { unexpectedAttributes } from "./unexpected-attributes.ts";

// Each with what diffusers' `extract_init_dict` warns of.
it.each([
  // Fields of the class that wrote the file, and of one that is compatible with it.
  [["variance_type", "skip_prk_steps", "thresholding"], "LMSDiscreteScheduler", "DDPMScheduler", []],
  [["variance_type", "solver_order"], "DDIMScheduler", "DDIMScheduler", []],
  [["variance_type", "foo"], "DDIMScheduler", "DDIMScheduler", ["foo"]],
  // Of DPMSolverSDEScheduler, which diffusers knows where torchsde is installed.
  [["noise_sampler_seed"], "DDIMScheduler", "DDIMScheduler", []],
  // LCM is compatible with itself alone: what the writer has is dropped, what others have is warned of.
  [["skip_prk_steps", "variance_type"], "LCMScheduler", "PNDMScheduler", ["variance_type"]],
  [["skip_prk_steps"], "LCMScheduler", "LCMScheduler", ["skip_prk_steps"]],
  [["original_inference_steps"], "DDIMScheduler", "LCMScheduler", []],
  [["original_inference_steps"], "DDIMScheduler", "DDIMScheduler", ["original_inference_steps"]],
  // A class that diffusers does not have, and the list of a custom pipeline.
  [["variance_type", "beta_max"], "DDIMScheduler", "SomeScheduler", ["beta_max"]],
  [["beta_max"], "DDIMScheduler", "constructor", ["beta_max"]],
  [["variance_type", "shift"], "DDIMScheduler", ["a", "FlowMatchHeunDiscreteScheduler"], ["shift"]],
  // Classes that are here alone.
  [["s_churn", "clip_denoised", "foo"], "EDMDDIMScheduler", "EDMDDIMScheduler", ["foo"]],
  [["s_churn"], "CMStochasticIterativeScheduler", "EDMHeunScheduler", []],
  [["timestep_scale"], "CMStochasticIterativeScheduler", "EDMEulerScheduler", []],
])("of %j, for a %s in a file of %j: %j", (names, className, writtenBy, expected) => {
  expect(unexpectedAttributes(names, relativesOf(className), writtenBy)).toEqual(expected);
});

it.each(schedulerClasses)(
  "knows the fields of $className and of its compatible classes",
  (schedulerClass) => {
    const { className, compatibles, schema } = schedulerClass;
    const fieldsOf = (fields: object) => Object.keys(fields).map(toSnakeCase);
    expect(unexpectedAttributes(fieldsOf(schema.fields), ["IPNDMScheduler"], className)).toEqual([]);
    const kin = schedulerClasses.filter((other) => compatibles.includes(other.className));
    const names = kin.flatMap((other) => fieldsOf(other.schema.fields));
    // `timestep_scale` is a field that diffusers' classes do not have.
    const others = names.filter((name) => name !== "timestep_scale");
    expect(unexpectedAttributes(others, relativesOf(className), className)).toEqual([]);
  },
);

it("is what a scheduler warns of that takes such a config, the next one too, and its clone does not", async () => {
  const warning = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const document = { _class_name: "DDPMScheduler", variance_type: "fixed_large", solver_order: 2, foo: 1 };
  const scheduler = DDIMScheduler.fromJson(document, "scheduler_config.json");
  await vi.waitFor(() => expect(warning).toHaveBeenCalled());
  scheduler.clone();
  PNDMScheduler.fromConfig(scheduler.config);
  DDIMScheduler.fromConfig({ _class_name: "DDPMScheduler", variance_type: "fixed_large" });
  await new Promise((resolve) => setTimeout(resolve, 20));
  const words = (className: string, source: string) => [
    `[onestep] The config attributes foo were passed to ${className}, but are not expected and will be ignored. Please verify ${source}.`,
  ];
  expect(warning.mock.calls).toEqual([
    words("DDIMScheduler", "scheduler_config.json"),
    words("PNDMScheduler", "the config of a DDIMScheduler"),
  ]);
});
