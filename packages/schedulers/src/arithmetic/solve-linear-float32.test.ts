import { expect, it } from "vitest";
import * as float32 from "./float32.ts";
import { solveLinearFloat32 } from "./solve-linear-float32.ts";

// `torch.linalg.solve` of torch 2.13.0.
it.each([
  [
    [-0.7, 1],
    [0.29411765933036804, 0.005882355850189924],
  ],
  [
    [-0.7, -1.9, 1],
    [0.024509817361831665, 0.15804597735404968, 0.11744421720504761],
  ],
  [
    [-0.7, -1.9, -3.3, 1],
    [-0.24415546655654907, 0.45053377747535706, -0.09104270488023758, 0.18466439843177795],
  ],
])("solves the system of powers of %j bit for bit as torch", (bases, expected) => {
  const rows = [bases.map(() => 1)];
  const rounded = bases.map(Math.fround);
  while (rows.length < bases.length) {
    rows.push(rounded.map((base, index) => float32.mul(base, Number(rows.at(-1)?.[index]))));
  }
  const right = [0.3, -0.2, 0.7, 0.45].slice(0, bases.length).map(Math.fround);
  expect(solveLinearFloat32(rows, right)).toEqual(expected);
});

it("exchanges rows where one begins with 0, and leaves what it was given", () => {
  const rows = [
    [0, 2, 1],
    [1, 1, 1],
    [4, -2, 3],
  ];
  const copy = structuredClone(rows);
  expect(solveLinearFloat32(rows, [0, 4, 20])).toEqual([3, -1, 2]);
  expect(rows).toEqual(copy);
});
