import type { Tensor } from "@onestep/core";
import { edmSchedulers } from "../config/compatibles.ts";
import type { ConfigFieldsOf, ConfigOptions } from "../config/schema.ts";
import { type ChurnConfig, churnFields, type EDMSamplerConfig, EDMSchema, edmSamplerFields } from "../edm.ts";
import type { EDMSamplerOutput } from "../edm-sampler-base.ts";
import { EDMSecondOrderBase } from "../edm-second-order-base.ts";
import type { NoiseProcess } from "../noise-process.ts";
import type { Scheduler } from "../scheduler.ts";

const className = "EDMHeunScheduler";

/** The configuration of an `EDMHeunScheduler`. */
export interface EDMHeunSchedulerConfig extends EDMSamplerConfig, ChurnConfig {}

/** What the constructor of an `EDMHeunScheduler` takes. */
export type EDMHeunSchedulerOptions = ConfigOptions<EDMHeunSchedulerConfig>;

/** What a step of an `EDMHeunScheduler` returns. */
export type EDMHeunSchedulerOutput = EDMSamplerOutput;

/**
 * Heun's method along the probability flow of EDM, with noise on demand: algorithm 2 of Karras et al. 2022
 * (arXiv:2206.00364), the sampler that EDM models and the teachers of consistency models were published with. A step
 * evaluates the model at both its ends, the last one at its start alone.
 *
 * Numbers, and the noise drawn, equal those of the sampler `heun` of OpenAI's `cm/karras_diffusion.py` on torch's CPU.
 * diffusers has no such scheduler; its `HeunDiscreteScheduler` is for models that were trained on betas.
 */
export class EDMHeunScheduler extends EDMSecondOrderBase<EDMHeunSchedulerConfig> implements Scheduler {
  /** The name of the class in files. */
  static readonly className: string = className;

  /** The noise process that it undoes. */
  readonly noiseProcess: NoiseProcess = "edm";

  /** The names of the classes that its config can be given to. */
  static readonly compatibles: readonly string[] = edmSchedulers;

  /** The fields of its config. */
  static readonly schema: EDMSchema<ConfigFieldsOf<EDMHeunSchedulerConfig>> = new EDMSchema(className, {
    ...edmSamplerFields(),
    ...churnFields(),
  });

  /**
   * @param options - Fields of the config; those left out have their defaults.
   * @throws InvalidArgumentError where an option is unknown or out of range.
   * @throws InvalidConfigError where `sigmaMin` is above `sigmaMax`.
   */
  constructor(options: EDMHeunSchedulerOptions = {}) {
    super(className, EDMHeunScheduler.schema.fromConfig(options));
    this.setTimesteps({ numInferenceSteps: this.length });
  }

  clone(): EDMHeunScheduler {
    return new EDMHeunScheduler(this.config);
  }

  /** A step to no noise has no second half: the slope there is not defined. */
  protected secondLevel(_raised: number, end: number): number | undefined {
    return end === 0 ? undefined : end;
  }

  protected combine(first: Tensor<"float32">, second: Tensor<"float32">): Tensor<"float32"> {
    return first.add(second).div(2);
  }
}
