import { describeValue, InvalidArgumentError } from "@onestep/core";

/** The fields of a config that {@link chooseFlowShift} needs. */
export interface FlowShiftConfig {
  readonly flowShift: number;
  readonly useDynamicShifting: boolean;
  readonly timeShiftType: "exponential" | "linear";
}

/**
 * The shift of the noise levels of flow matching: that of the config, or `e^mu`.
 *
 * @param subject - The method, for the message.
 * @throws InvalidArgumentError where `mu` is given and the config does not say that it is to be, or is no number.
 */
export function chooseFlowShift(subject: string, config: FlowShiftConfig, mu: number | undefined): number {
  if (mu === undefined) return config.flowShift;
  const isExpected = config.useDynamicShifting && config.timeShiftType === "exponential";
  if (isExpected && Number.isFinite(Math.exp(mu))) return Math.exp(mu);
  throw new InvalidArgumentError({
    subject: `${subject}: mu`,
    found: describeValue(mu),
    expected: isExpected
      ? "a number whose exponential is finite"
      : "nothing, since the config does not ask for exponential dynamic shifting",
    remedy: "Leave it out, or make the scheduler with `useDynamicShifting: true`.",
  });
}
