import { EDMEulerScheduler } from "@onestep/schedulers";
import { expect, it } from "vitest";
import { UsageError } from "../arguments/usage-error.ts";
import { chooseScheduler } from "./choose-scheduler.ts";

it("finds the class that is named", () => {
  expect(chooseScheduler("EDMEulerScheduler")).toBe(EDMEulerScheduler);
  expect(chooseScheduler(undefined)).toBeUndefined();
});

it("refuses other names and suggests one", () => {
  expect(() => chooseScheduler("EDMEulerSheduler")).toThrow(UsageError);
  expect(() => chooseScheduler("EDMEulerSheduler")).toThrow("Did you mean EDMEulerScheduler?");
  expect(() => chooseScheduler("DDIM")).toThrow(
    '--scheduler: found "DDIM", expected one of CMStochasticIterativeScheduler, ',
  );
});
