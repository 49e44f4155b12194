import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GraphError } from "./errors.ts";
import { describeShape, factorsOf, product, quotient, substitute } from "./shape.ts";

describe("dimensions", () => {
  it("are numbers where they can be", () => {
    expect(product([])).toBe(1);
    expect(product([3, 4])).toBe(12);
    expect(quotient(12, 4)).toBe(3);
    expect(quotient(product(["height", 4]), "height")).toBe(4);
  });

  it("are written in one way each", () => {
    expect(product(["width", "height"])).toBe("height*width");
    expect(product(["height", 8, "height"])).toBe("8*height*height");
    expect(quotient("height", 2)).toBe("height/2");
    expect(quotient(quotient("height", 2), 4)).toBe("height/8");
    expect(product([quotient("height", 4), 2])).toBe("height/2");
    expect(product([quotient("height", 2), 2])).toBe("height");
    expect(product([quotient("height", 2), quotient("width", 2)])).toBe("height*width/4");
    expect(quotient(4, "batch")).toBe("4/batch");
    expect(describeShape(["batch", 3, "height/2"])).toBe("[batch, 3, height/2]");
    expect([...factorsOf("3*height*width/64").powers.keys()]).toEqual(["height", "width"]);
  });

  it("take numbers for symbols, and tell where that leaves a remainder", () => {
    expect(substitute("3*height*width/64", { height: 16, width: 8 })).toBe(6);
    expect(substitute("3*height*width/64", { height: 16 })).toBe("3*width/4");
    expect(substitute("4/batch", { batch: 2 })).toBe(2);
    expect(substitute(7, { height: 1 })).toBe(7);
    expect(substitute("toString", {})).toBe("toString");
    expect(() => substitute("height/2", { height: 5 })).toThrow(GraphError);
    expect(() => quotient(5, 2)).toThrow(/found 5\/2, expected a whole number/);
  });

  it("compute as numbers do, whatever the order", () => {
    const factor = fc.oneof(fc.constantFrom("batch", "height", "width"), fc.integer({ min: 1, max: 12 }));
    const values = { batch: 3, height: 40, width: 56 };
    const numberOf = (dimension: number | string): number =>
      typeof dimension === "number" ? dimension : values[dimension as keyof typeof values];
    fc.assert(
      fc.property(fc.array(factor, { maxLength: 6 }), fc.array(factor, { maxLength: 3 }), (above, below) => {
        const forwards = below.reduce<number | string>(quotientOf, product([...above, ...below]));
        expect(forwards).toBe(product(above.toReversed()));
        const number = above.reduce<number>((total, dimension) => total * numberOf(dimension), 1);
        expect(substitute(forwards, values)).toBe(number);
      }),
    );
  });
});

function quotientOf(dimension: number | string, divisor: number | string): number | string {
  return quotient(dimension, divisor);
}
