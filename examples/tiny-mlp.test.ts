import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvalidConfigError, Tensor } from "@onestep/core";
import { startFakeHub } from "@onestep/fake-hub";
import { WeightsMismatchError } from "@onestep/models";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TinyMLP } from "./tiny-mlp.mjs";

const width = 4;
const hidden = 6;
const shapes = {
  "up.weight": [hidden, width],
  "up.bias": [hidden],
  "down.weight": [width, hidden],
  "down.bias": [width],
};
const arrays = new Map(
  Object.entries(shapes).map(([name, shape], place) => {
    const length = shape.reduce((product, dimension) => product * dimension, 1);
    return [name, Float32Array.from({ length }, (_, index) => Math.sin(0.7 * index + place))];
  }),
);
const x = Tensor.from([1, -2, 3, 0.5, 0, 0, 1, 1], [2, width]);

let folder: string;
let checkpoint: string;

/** Writes the checkpoint as Python would: a header of JSON, then the arrays. */
async function writeCheckpoint(path: string, config: object): Promise<void> {
  const header: Record<string, object> = {};
  let end = 0;
  for (const [name, { byteLength }] of arrays) {
    const shape = shapes[name as keyof typeof shapes];
    header[name] = { dtype: "F32", shape, data_offsets: [end, end + byteLength] };
    end += byteLength;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const bytes = [...arrays.values()].map(({ buffer }) => Buffer.from(buffer));
  await mkdir(path);
  await writeFile(join(path, "config.json"), JSON.stringify({ _class_name: "TinyMLP", ...config }));
  await writeFile(join(path, "diffusion_pytorch_model.safetensors"), Buffer.concat([length, text, ...bytes]));
}

/** What the two layers are by definition, in double precision. */
function expectedRows(): number[] {
  const linear = (row: readonly number[], layer: "up" | "down"): number[] =>
    Array.from(arrays.get(`${layer}.bias`) ?? [], (bias, out) =>
      row.reduce(
        (sum, value, i) => sum + value * (arrays.get(`${layer}.weight`)?.[out * row.length + i] ?? 0),
        bias,
      ),
    );
  return [0, 1].flatMap((row) => {
    const up = linear(Array.from(x.data.subarray(row * width, (row + 1) * width)), "up");
    return linear(
      up.map((value) => value / (1 + Math.exp(-value))),
      "down",
    );
  });
}

async function expectPredicts(model: TinyMLP): Promise<void> {
  const y = await model.forward(x);
  expect(y?.shape).toEqual([2, width]);
  // Float32 keeps seven digits of sums of a few numbers around 1.
  expectedRows().forEach((value, index) => {
    expect(Math.abs(Number(y?.data[index]) - value)).toBeLessThan(5e-6);
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-tiny-mlp-"));
  checkpoint = join(folder, "tiny-mlp");
  await writeCheckpoint(checkpoint, { width, hidden });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("a model of one's own", () => {
  it("is defined in under 40 lines", async () => {
    const text = await readFile(new URL("tiny-mlp.mjs", import.meta.url), "utf8");
    expect(text.trimEnd().split("\n").length).toBeLessThan(40);
  });

  it.each(["cpu", "wasm"] as const)("loads and runs on %s", async (device) => {
    await using model = await TinyMLP.fromPretrained(checkpoint, { device });
    expect(model).toMatchObject({ device, parameterCount: 58, config: { width, hidden } });
    await expectPredicts(model);
  });

  it("saves what loads again", async () => {
    const copy = join(folder, "copy");
    await using model = await TinyMLP.fromPretrained(checkpoint);
    await model.savePretrained(copy, { maxShardSize: 150 });
    expect((await readdir(copy)).sort()).toEqual([
      "config.json",
      "diffusion_pytorch_model-00001-of-00002.safetensors",
      "diffusion_pytorch_model-00002-of-00002.safetensors",
      "diffusion_pytorch_model.safetensors.index.json",
    ]);
    await using again = await TinyMLP.fromPretrained(copy);
    await expectPredicts(again);
  });

  it("goes to the Hub, and comes from there", async () => {
    const hub = await startFakeHub({ repositories: {}, accounts: { hf_writer: { name: "someone" } } });
    try {
      const access = { endpoint: hub.endpoint, token: "hf_writer", environment: {} };
      await using model = await TinyMLP.fromPretrained(checkpoint);
      await model.pushToHub("someone/tiny-mlp", access);
      await using again = await TinyMLP.fromPretrained("someone/tiny-mlp", {
        ...access,
        cacheDir: join(folder, "cache"),
      });
      await expectPredicts(again);
    } finally {
      await hub.close();
    }
  });

  it("says what is wrong with a config or with weights", async () => {
    const wider = join(folder, "wider");
    await writeCheckpoint(wider, { width, hidden: 8 });
    await expect(TinyMLP.fromPretrained(wider)).rejects.toThrow(WeightsMismatchError);
    const wrong = join(folder, "wrong");
    await writeCheckpoint(wrong, { width: "4" });
    await expect(TinyMLP.fromPretrained(wrong)).rejects.toThrow(InvalidConfigError);
  });
});
