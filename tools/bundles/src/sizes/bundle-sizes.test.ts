import { expect, it } from "vitest";
import { budgets } from "./budgets.ts";
import { measureBundle } from "./measure-bundle.ts";

it.each(budgets)("$name is at most $bytes bytes", async ({ program, bytes }) => {
  const { initial } = await measureBundle(program);
  expect(initial).toBeGreaterThan(1_000);
  expect(initial).toBeLessThanOrEqual(bytes);
});
