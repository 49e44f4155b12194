import { expect, it } from "vitest";
import { solveLinear } from "./solve-linear.ts";

it("solves a system, also where rows have to be exchanged", () => {
  const rows = [
    [0, 2, 1],
    [1, 1, 1],
    [4, -2, 3],
  ];
  const expected = [3, -1, 2];
  const right = rows.map((row) =>
    row.reduce((sum, value, index) => sum + value * Number(expected[index]), 0),
  );
  for (const [index, value] of solveLinear(rows, right).entries()) {
    expect(value).toBeCloseTo(Number(expected[index]), 12);
  }
});
