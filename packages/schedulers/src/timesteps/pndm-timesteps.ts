/**
 * The timesteps of three Runge-Kutta steps between the first four of a run. A step evaluates the model at its start,
 * twice half-way, and at its end.
 *
 * @param timesteps - At least four, the highest first.
 * @param halfGap - How many timesteps half a step is.
 * @returns Twelve timesteps.
 */
export function rungeKuttaTimesteps(timesteps: Float64Array, halfGap: number): Float64Array {
  const [first = 0, second = 0, third = 0, fourth = 0] = timesteps;
  const steps = [
    [first, second],
    [second, third],
    [third, fourth],
  ] as const;
  return Float64Array.from(steps.flatMap(([start, end]) => [start, end + halfGap, end + halfGap, end]));
}

/**
 * The timesteps that the linear multistep method takes: those that Runge-Kutta steps leave, or all of them, the second
 * of them twice, since the method begins with a step that is corrected.
 *
 * @param timesteps - The highest first.
 */
export function multistepTimesteps(timesteps: Float64Array, skipPrkSteps: boolean): Float64Array {
  if (!skipPrkSteps) return timesteps.slice(3);
  const corrected = timesteps.slice(1, 2);
  return Float64Array.from([...timesteps.slice(0, 1), ...corrected, ...timesteps.slice(1)]);
}
