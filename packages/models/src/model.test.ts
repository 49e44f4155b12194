import { ConfigSchema, DisposedError, InvalidArgumentError, integerField, type Tensor } from "@onestep/core";
import { type GraphDType, nameOf, type Value } from "@onestep/graph";
import type { AvailableDevice, InferenceBackend } from "@onestep/runtime";
import { describe, expect, it } from "vitest";
import { memoryRepository } from "./__fixtures__/memory-repository.ts";
import { safetensorsBytes } from "./__fixtures__/safetensors-bytes.ts";
import type { ModelDefinition, Tensors } from "./definition.ts";
import { Model } from "./model.ts";

interface Values {
  readonly size: number;
}

/** Adds a weight for each channel to an image. */
class Shift extends Model<Values> {
  static readonly definition: ModelDefinition<Values> = {
    className: "Shift",
    configSchema: new ConfigSchema("Shift", { size: integerField(4) }),
    symbols: ({ size }) => ({ width: size }),
    ignores: (name) => name === "position_ids",
    weightsNames: { safetensors: "model", bin: "pytorch_model" },
    define(scope): Readonly<Record<string, Value>> {
      scope.input("x", "float32", ["batch", "width"]);
      return { y: scope.matrix("w", [2]) };
    },
  };

  forward(x: Tensor, symbols?: Readonly<Record<string, number>>): Promise<Tensors> {
    return this.run({ x }, symbols === undefined ? {} : { symbols });
  }
}

interface Started {
  readonly device: string;
  readonly dtype: GraphDType | "compute";
  readonly weights: readonly string[];
  disposed: boolean;
}

/** A backend that computes nothing, and writes down what it is asked. */
function watchfulBackend(devices: readonly AvailableDevice[]): InferenceBackend & {
  readonly asked: unknown[];
  readonly started: Started[];
} {
  const asked: unknown[] = [];
  const started: Started[] = [];
  return {
    asked,
    started,
    async findDevices(requested) {
      asked.push(requested);
      return devices;
    },
    async start(model, { device }) {
      if ("onnx" in model) throw new Error("expected a graph");
      const { graph, weights } = model;
      const names = graph.parameters.map(nameOf).filter((name) => weights.has(name));
      const session: Started = {
        device,
        dtype: graph.outputs["y"]?.dtype ?? "compute",
        weights: names,
        disposed: false,
      };
      started.push(session);
      return {
        device,
        run: async (inputs) => ({ y: inputs["x"] as Tensor }),
        dispose: async () => {
          session.disposed = true;
        },
      };
    },
  };
}

const gpu: AvailableDevice = { device: "webgpu", precisions: ["float32", "float16"], largestArray: 6 };
const wasm: AvailableDevice = { device: "wasm", precisions: ["float32"] };
const x = {} as Tensor;

function repositoryOf(dtype: "F16" | "F32", bytes: number): ReturnType<typeof memoryRepository> {
  const header = {
    w: { dtype, shape: [2], data_offsets: [0, bytes] },
    position_ids: { dtype: "I64", shape: [1], data_offsets: [bytes, bytes + 8] },
  };
  return memoryRepository({
    "config.json": '{ "_class_name": "Shift", "size": 8 }',
    "model.safetensors": safetensorsBytes(header, bytes + 8),
  });
}

describe("Model", () => {
  it("asks for the devices once, and decides device and dtype together", async () => {
    const backend = watchfulBackend([gpu, wasm]);
    const half = await Shift.fromRepository(repositoryOf("F16", 4), { backend });
    expect(half).toMatchObject({ device: "webgpu", dtype: "float16", parameterCount: 2 });
    const single = await Shift.fromRepository(repositoryOf("F32", 8), { backend });
    expect(single).toMatchObject({ device: "wasm", dtype: "float32" });
    expect(backend.asked).toEqual([undefined, undefined]);
    expect(backend.started).toMatchObject([
      { device: "webgpu", dtype: "float16", weights: ["w"] },
      { device: "wasm", dtype: "float32", weights: ["w"] },
    ]);
  });

  it("starts a session for each other size once, and disposes of all of them", async () => {
    const backend = watchfulBackend([wasm]);
    const model = await Shift.fromRepository(repositoryOf("F32", 8), { backend });
    await model.forward(x);
    await model.forward(x, { width: 8 });
    expect(backend.started).toHaveLength(1);
    await Promise.all([model.forward(x, { width: 4 }), model.forward(x, { width: 4 })]);
    await model.forward(x, { width: 2 });
    expect(backend.started).toHaveLength(3);
    expect(backend.asked).toHaveLength(1);
    await model.dispose();
    expect(backend.started.map(({ disposed }) => disposed)).toEqual([true, true, true]);
    await expect(model.forward(x)).rejects.toThrow(DisposedError);
    await expect(model.forward(x)).rejects.toThrow(/Load it again with Shift\.fromPretrained/);
  });

  it("cannot be made without weights", () => {
    const make = (): unknown => Reflect.construct(Shift, []);
    expect(make).toThrow(InvalidArgumentError);
    expect(make).toThrow("new Shift(…) has no weights.");
  });
});
