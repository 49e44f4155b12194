import { expect, it } from "vitest";
import { singlestepOrders } from "./singlestep-orders.ts";

const lowered = { lowerOrderFinal: true, finalSigmasType: "sigma_min" } as const;

it.each([
  [3, 3, [1, 2, 1]],
  [3, 6, [1, 2, 3, 1, 2, 1]],
  [3, 7, [1, 2, 3, 1, 2, 3, 1]],
  [3, 8, [1, 2, 3, 1, 2, 3, 1, 2]],
  [2, 6, [1, 2, 1, 2, 1, 1]],
  [2, 5, [1, 2, 1, 2, 1]],
  [1, 3, [1, 1, 1]],
])("of order %i in %i steps lowers the last ones (get_order_list)", (solverOrder, count, orders) => {
  expect(singlestepOrders({ ...lowered, solverOrder }, count)).toEqual(orders);
});

it("keeps to the order where the config says so and the steps are even", () => {
  const config = { ...lowered, lowerOrderFinal: false };
  expect(singlestepOrders({ ...config, solverOrder: 3 }, 6)).toEqual([1, 2, 3, 1, 2, 3]);
  expect(singlestepOrders({ ...config, solverOrder: 2 }, 4)).toEqual([1, 2, 1, 2]);
  expect(singlestepOrders({ ...config, solverOrder: 2 }, 3)).toEqual([1, 2, 1]);
});

it("ends with a step of first order where no noise is to be left", () => {
  const config = { lowerOrderFinal: false, finalSigmasType: "zero" } as const;
  expect(singlestepOrders({ ...config, solverOrder: 3 }, 5)).toEqual([1, 2, 3, 1, 1]);
  expect(singlestepOrders({ ...config, solverOrder: 2 }, 4)).toEqual([1, 2, 1, 1]);
  expect(singlestepOrders({ ...config, solverOrder: 3 }, 1)).toEqual([1]);
});
