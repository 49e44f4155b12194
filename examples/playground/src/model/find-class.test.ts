import { ClassNames } from "@onestep/pipelines";
import { expect, it } from "vitest";
import { findClass, formatClass } from "./find-class.ts";

const names = new ClassNames({ "0": "tench, Tinca tinca", "1": "crane", "2": "crane", "3": "7" });

it.each([
  ["tench", 0],
  ["Tinca tinca", 0],
  ["  TENCH ", 0],
  ["2", 2],
  ["2 crane", 2],
  ["007", 7],
])("%j is a class", (text, id) => {
  expect(findClass(text, names, 10)).toBe(id);
});

it.each(["", "tenches", "crane", "2 tench", "2nd", "10", "-1", "constructor"])(
  "%j is not a class",
  (text) => {
    expect(findClass(text, names, 10)).toBeUndefined();
  },
);

it("a number can be any while it is not known how many classes there are", () => {
  expect(findClass("999", new ClassNames(), undefined)).toBe(999);
});

it("what is written for a class is read as the same class", () => {
  const written = [0, 1, 2, 3, 4].map((id) => formatClass(id, names));
  expect(written).toEqual(["tench", "1 crane", "2 crane", "3 7", "4"]);
  expect(written.map((text) => findClass(text, names, 10))).toEqual([0, 1, 2, 3, 4]);
});
