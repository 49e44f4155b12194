import { describe, expect, it } from "vitest";
import { InferenceError, InvalidGraphError, OutOfMemoryError, WeightsFileError } from "../errors.ts";
import type { WorkerFailure } from "../protocol.ts";
import { WorkerCallError } from "./connection.ts";
import { translateFailure } from "./failures.ts";

function translate(stage: WorkerFailure["stage"], message: string): unknown {
  return translateFailure(new WorkerCallError({ stage, message, code: undefined }), [
    "/models/a.bin",
    "/models/b.bin",
  ]);
}

// The messages are onnxruntime 1.30's, where they are long, cut in the middle.
describe("translateFailure", () => {
  it.each([
    [
      "a truncated file",
      "create",
      "Exception during initialization: … External initializer: conv_in.weight offset: 53 size to read: 16 " +
        "given file_length: 30 are out of bounds or can not be read in full.\n",
      WeightsFileError,
      '/models/a.bin, /models/b.bin: found a file that ends before the weight "conv_in.weight", expected the ' +
        "weights that the graph refers to. Download the checkpoint again.",
    ],
    [
      "a file that is gone",
      "create",
      "External data path validation failed for initializer: w. Error: … External data path does not exist: " +
        '"/models/a.bin"',
      WeightsFileError,
      "found a file that onnxruntime does not read",
    ],
    [
      "a graph that is not one",
      "create",
      "Failed to load model because protobuf parsing failed.",
      InvalidGraphError,
      "onnxruntime does not accept the graph: Failed to load model because protobuf parsing failed.",
    ],
    [
      "too little memory for the weights",
      "create",
      "Exception during initialization: … Failed to allocate memory for requested buffer of size 1183597068",
      OutOfMemoryError,
      "There is not enough memory for the weights.",
    ],
    [
      "too little memory for a run",
      "run",
      "std::bad_alloc",
      OutOfMemoryError,
      "There is not enough memory for one run at this batch size.",
    ],
    [
      "a run that fails",
      "run",
      "Non-zero status code returned while running Gather node.\n",
      InferenceError,
      "The model failed while it ran. onnxruntime says: Non-zero status code returned while running Gather node.",
    ],
  ] as const)("translates %s", (_name, stage, message, errorClass, expected) => {
    const error = translate(stage, message);
    expect(error).toBeInstanceOf(errorClass);
    expect(error).toHaveProperty("message", expect.stringContaining(expected));
    expect(error).toHaveProperty("cause.failure.message", message);
  });

  it("leaves every other error as it is", () => {
    const error = new Error("something else");
    expect(translateFailure(error, [])).toBe(error);
  });
});
