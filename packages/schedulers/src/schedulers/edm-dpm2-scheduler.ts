import type { Tensor } from "@onestep/core";
import { edmSchedulers } from "../config/compatibles.ts";
import type { ConfigFieldsOf, ConfigOptions } from "../config/schema.ts";
import { type ChurnConfig, churnFields, type EDMSamplerConfig, EDMSchema, edmSamplerFields } from "../edm.ts";
import type { EDMSamplerOutput } from "../edm-sampler-base.ts";
import { EDMSecondOrderBase } from "../edm-second-order-base.ts";
import * as float32 from "../float32.ts";
import type { NoiseProcess } from "../noise-process.ts";
import type { Scheduler } from "../scheduler.ts";

const className = "EDMDPM2Scheduler";

/** The configuration of an `EDMDPM2Scheduler`. */
export interface EDMDPM2SchedulerConfig extends EDMSamplerConfig, ChurnConfig {}

/** What the constructor of an `EDMDPM2Scheduler` takes. */
export type EDMDPM2SchedulerOptions = ConfigOptions<EDMDPM2SchedulerConfig>;

/** What a step of an `EDMDPM2Scheduler` returns. */
export type EDMDPM2SchedulerOutput = EDMSamplerOutput;

/**
 * DPM-Solver-2 for EDM models, as in k-diffusion: each step goes by the slope in its middle, the middle being chosen on a
 * Karras schedule of ρ = 3. With noise on demand, as algorithm 2 of Karras et al. 2022 (arXiv:2206.00364) adds it.
 *
 * Numbers, and the noise drawn, equal those of the sampler `dpm` of OpenAI's `cm/karras_diffusion.py` on torch's CPU.
 * diffusers has no such scheduler; its `KDPM2DiscreteScheduler` is for models that were trained on betas.
 */
export class EDMDPM2Scheduler extends EDMSecondOrderBase<EDMDPM2SchedulerConfig> implements Scheduler {
  /** The name of the class in files. */
  static readonly className: string = className;

  /** The noise process that it undoes. */
  readonly noiseProcess: NoiseProcess = "edm";

  /** The names of the classes that its config can be given to. */
  static readonly compatibles: readonly string[] = edmSchedulers;

  /** The fields of its config. */
  static readonly schema: EDMSchema<ConfigFieldsOf<EDMDPM2SchedulerConfig>> = new EDMSchema(className, {
    ...edmSamplerFields(),
    ...churnFields(),
  });

  /**
   * @param options - Fields of the config; those left out have their defaults.
   * @throws InvalidArgumentError where an option is unknown or out of range.
   * @throws InvalidConfigError where `sigmaMin` is above `sigmaMax`.
   */
  constructor(options: EDMDPM2SchedulerOptions = {}) {
    super(className, EDMDPM2Scheduler.schema.fromConfig(options));
    this.setTimesteps({ numInferenceSteps: this.length });
  }

  clone(): EDMDPM2Scheduler {
    return new EDMDPM2Scheduler(this.config);
  }

  protected secondLevel(raised: number, end: number): number {
    const middle = float32.add(Math.fround(raised ** (1 / 3)), Math.fround(end ** (1 / 3))) / 2;
    return float32.mul(float32.square(middle), middle);
  }

  protected combine(_first: Tensor<"float32">, second: Tensor<"float32">): Tensor<"float32"> {
    return second;
  }
}
