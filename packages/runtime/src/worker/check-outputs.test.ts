import { describe, expect, it } from "vitest";
import { InvalidGraphError } from "../errors/invalid-graph-error.ts";
import { checkOutputs } from "./check-outputs.ts";

describe("checkOutputs", () => {
  it.each(["float32", "float64", "int32", "int64", "uint8"])("accepts %s", (dtype) => {
    expect(() => checkOutputs([{ name: "y", dtype, shape: [] }])).not.toThrow();
  });

  it.each(["float16", "bool", "string", "not a tensor"])("rejects %s", (dtype) => {
    const check = (): void => checkOutputs([{ name: "y", dtype, shape: [] }]);
    expect(check).toThrow(InvalidGraphError);
    expect(check).toThrow(
      `output "y": found ${dtype}, expected one of float32, float64, int32, int64, uint8. Cast it`,
    );
  });
});
