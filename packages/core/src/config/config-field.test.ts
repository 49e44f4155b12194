import { describe, expect, it } from "vitest";
import {
  booleanField,
  type ConfigField,
  eitherField,
  enumField,
  floatField,
  integerField,
  listField,
  nullableField,
  stringField,
} from "./config-field.ts";
import { PythonFloat, type PythonJson } from "./python-json.ts";

interface Case {
  readonly field: ConfigField<unknown>;
  readonly description: string;
  /** JSON that is read, and as what. */
  readonly reads: [json: PythonJson, value: unknown][];
  readonly doesNotRead: PythonJson[];
  /** Values that are written, and how. */
  readonly writes: [value: unknown, json: PythonJson][];
  readonly doesNotWrite: unknown[];
}

const float = (value: number) => new PythonFloat(value);

const cases: Case[] = [
  {
    field: integerField(40),
    description: "an integer",
    reads: [
      [3, 3],
      [-1, -1],
      [float(4), 4],
    ],
    doesNotRead: [float(0.5), float(Infinity), "3", null, true, 2n ** 60n, [3]],
    writes: [[3, 3]],
    doesNotWrite: [0.5, Number.NaN, "3", null, 2 ** 53, 3n],
  },
  {
    field: floatField(float(7)),
    description: "a number",
    reads: [
      [3, 3],
      [float(0.5), 0.5],
      [float(Infinity), Infinity],
    ],
    doesNotRead: [float(Number.NaN), "3", null, false, 2n ** 60n],
    writes: [
      [3, float(3)],
      [0.5, float(0.5)],
    ],
    doesNotWrite: [Number.NaN, "3", null],
  },
  {
    field: booleanField(true),
    description: "true or false",
    reads: [
      [true, true],
      [false, false],
    ],
    doesNotRead: [0, 1, "true", null],
    writes: [[false, false]],
    doesNotWrite: [0, undefined, "false"],
  },
  {
    field: stringField("silu"),
    description: "a string",
    reads: [
      ["", ""],
      ["gelu", "gelu"],
    ],
    doesNotRead: [1, null, ["silu"]],
    writes: [["gelu", "gelu"]],
    doesNotWrite: [1, null],
  },
  {
    field: enumField(["conv", "resnet"], "conv"),
    description: "one of conv, resnet",
    reads: [["resnet", "resnet"]],
    doesNotRead: ["pool", "", null, 0],
    writes: [["conv", "conv"]],
    doesNotWrite: ["toString", null],
  },
  {
    field: listField(integerField(0), [1, 2]),
    description: "a list, each item an integer",
    reads: [
      [[], []],
      [
        [1, float(2)],
        [1, 2],
      ],
    ],
    doesNotRead: [[1, "2"], 1, null, { 0: 1 }],
    writes: [[[3], [3]]],
    doesNotWrite: [[0.5], "3", new Int32Array(1)],
  },
  {
    field: nullableField(integerField(0), 8),
    description: "an integer, or null",
    reads: [
      [null, null],
      [8, 8],
    ],
    doesNotRead: ["8"],
    writes: [
      [null, null],
      [8, 8],
    ],
    doesNotWrite: [undefined, "8"],
  },
  {
    field: eitherField(nullableField(integerField(0)), listField(integerField(0), [])),
    description: "an integer, or null, or a list, each item an integer",
    reads: [
      [null, null],
      [3, 3],
      [[3], [3]],
    ],
    doesNotRead: ["3", [null]],
    writes: [
      [null, null],
      [[3], [3]],
    ],
    doesNotWrite: ["3"],
  },
];

describe.each(cases)("a field of $description", ({ field, description, ...expected }) => {
  it("describes itself and reads its own default", () => {
    expect(field.description).toBe(description);
    expect(field.read(field.defaultJson)).not.toBeUndefined();
  });

  it("reads JSON", () => {
    for (const [json, value] of expected.reads) expect(field.read(json)).toEqual(value);
    for (const json of expected.doesNotRead) expect(field.read(json)).toBeUndefined();
  });

  it("writes JSON", () => {
    for (const [value, json] of expected.writes) expect(field.write(value)).toEqual(json);
    for (const value of expected.doesNotWrite) expect(field.write(value)).toBeUndefined();
  });
});
