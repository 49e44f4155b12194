import { expect, it } from "vitest";
import { repeatEach } from "./repeat-each.ts";

it("repeats each value in its place", () => {
  expect([...repeatEach([3, 1, 2], 2)]).toEqual([3, 3, 1, 1, 2, 2]);
  expect([...repeatEach([], 2)]).toEqual([]);
});
