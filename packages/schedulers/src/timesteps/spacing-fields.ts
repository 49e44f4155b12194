import { enumField, integerField } from "@onestep/core";
import type { ConfigFieldsOf } from "../config/scheduler-config.ts";
import { type TimestepSpacing, timestepSpacings } from "./timestep-spacing.ts";

/** The fields of a config that say how timesteps are spread. */
export interface SpacingConfig {
  /** How the timesteps of a run are spread over those of training. */
  readonly timestepSpacing: TimestepSpacing;
  /** Added to each timestep where the spacing is `"leading"`; 0 by default. */
  readonly stepsOffset: number;
}

/** The fields of {@link SpacingConfig}. */
export function spacingFields(defaultSpacing: TimestepSpacing): ConfigFieldsOf<SpacingConfig> {
  return {
    timestepSpacing: enumField(timestepSpacings, defaultSpacing),
    stepsOffset: integerField(0),
  };
}
