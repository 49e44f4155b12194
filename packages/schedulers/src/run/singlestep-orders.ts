/** The fields of a config that {@link singlestepOrders} needs. */
export interface SinglestepOrderConfig {
  readonly solverOrder: number;
  readonly lowerOrderFinal: boolean;
  readonly finalSigmasType: "zero" | "sigma_min";
}

/**
 * The order of each step of a singlestep DPM-Solver: 1, 2, 3, 1, 2, 3, …, up to the order of the config, and lower ones
 * at the end where the number of steps is no multiple of it, the config says so, or the last step leads to no noise.
 * diffusers' `get_order_list`.
 *
 * @param count - How many steps.
 */
export function singlestepOrders(config: SinglestepOrderConfig, count: number): number[] {
  const { solverOrder, lowerOrderFinal, finalSigmasType } = config;
  const orders = Array.from({ length: count }, (_, index) => (index % solverOrder) + 1);
  const endsAtZero = finalSigmasType === "zero";
  const isLowered = lowerOrderFinal || endsAtZero || count % solverOrder !== 0;
  if (isLowered && solverOrder === 3 && count % 3 === 0) orders.splice(-3, 3, 1, 2, 1);
  else if (isLowered && count % solverOrder === 0) orders[count - 1] = 1;
  if (endsAtZero) orders[count - 1] = 1;
  return orders;
}
