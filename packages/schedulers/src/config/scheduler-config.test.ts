import { InvalidConfigError } from "@onestep/core";
import { expect, it } from "vitest";
import { requireSigmaOrder } from "./scheduler-config.ts";

it("refuses noise levels that run the wrong way", () => {
  requireSigmaOrder("here", { sigmaMin: 1, sigmaMax: 1 });
  const check = () => requireSigmaOrder("here", { sigmaMin: 2, sigmaMax: 1 });
  expect(check).toThrow(InvalidConfigError);
  expect(check).toThrow("here: found sigma_min 2 above sigma_max 1, expected sigma_min at most sigma_max.");
});
