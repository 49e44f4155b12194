import { existsSync } from "node:fs";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { op, type PicklePart, stateDictPart, torchFileBytes } from "@onestep/torch-files";
import { describe, expect, it } from "vitest";
import { ConsistencyModelPipeline, UNet2DModel } from "../index.ts";
import { shippedFolder } from "./__fixtures__/models.ts";
import { runOnestep, temporaryFolder } from "./__fixtures__/run-onestep.ts";
import { exitCodes } from "./exit-codes.ts";

const folder = temporaryFolder();
const bin = "diffusion_pytorch_model.bin";
const index = "diffusion_pytorch_model.safetensors.index.json";
const traces = (): string => join(folder(), "it-ran");

/** A folder with everything of the model that ships but its weights. */
async function makeModel(name: string, content: Uint8Array | string): Promise<string> {
  const model = join(folder(), "model");
  await mkdir(join(model, "unet"), { recursive: true });
  for (const path of ["model_index.json", "scheduler", "unet/config.json"]) {
    await cp(join(shippedFolder, path), join(model, path), { recursive: true });
  }
  await writeFile(join(model, "unet", name), content);
  return model;
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

const command = (): string => `touch ${traces()}`;
const program = (): string => `__import__("os").system(${JSON.stringify(command())})`;
const weight = { shape: [3], key: "0" };
const storages = { 0: new Uint8Array(12) };

const unsafe: readonly [string, () => PicklePart, string][] = [
  ["os.system", () => op.call(op.global("os", "system"), op.text(command())), '"os.system"'],
  ["posix.system", () => op.call(op.global("posix", "system"), op.text(command())), '"posix.system"'],
  ["builtins.eval", () => op.call(op.global("builtins", "eval"), op.text(program())), '"builtins.eval"'],
  [
    "builtins.exec",
    () => op.call(op.global("__builtin__", "exec"), op.text(program())),
    '"__builtin__.exec"',
  ],
  [
    "a crafted __reduce__ among good weights",
    () => stateDictPart({ weight, bad: op.call(op.global("subprocess", "Popen"), op.text(command())) }),
    '"subprocess.Popen"',
  ],
  [
    "a function named on the stack",
    () => op.sequence(op.text("os"), op.text("system"), "\x93"),
    '"os.system"',
  ],
  ["an extension code of one byte", () => "\x82\x01", "extension code 1"],
  ["an extension code of two bytes", () => "\x83\x01\x02", "extension code 513"],
  ["an extension code of four bytes", () => "\x84\x01\x02\x03\x04", "extension code 67305985"],
];

describe("a pickle that is a program", () => {
  it.each(unsafe)("is refused, and nothing runs: %s", async (_what, content, found) => {
    const model = await makeModel(bin, torchFileBytes(content(), { storages }));
    const loads = [
      UNet2DModel.fromPretrained(model, { subfolder: "unet" }),
      ConsistencyModelPipeline.fromPretrained(model),
    ];
    for (const error of await Promise.all(loads.map(failureOf))) {
      expect(error).toMatchObject({
        code: "unsafe-pickle",
        problem: { remedy: expect.stringMatching(/\.$/) },
      });
      expect(String(error)).toContain(`unet/${bin}`);
      expect(String(error)).toContain(found);
    }
    expect(existsSync(traces())).toBe(false);
  });

  it.each(["generate", "inspect"])("is refused by the command %s", async (name) => {
    const model = await makeModel(
      bin,
      torchFileBytes(op.call(op.global("os", "system"), op.text(command()))),
    );
    const { exitCode, stderr, stdout } = await runOnestep([name, model], { folder: folder() });
    expect(exitCode, stderr).toBe(exitCodes.checkpoint);
    expect(stdout).toBe("");
    expect(stderr).toContain('found a use of "os.system"');
    expect(stderr).not.toContain("    at ");
    expect(existsSync(traces())).toBe(false);
  });
});

describe("a file that lies about its size", () => {
  const huge = { size: 4_000_000_000, compressedSize: 4_000_000_000 };
  it.each([
    ["a compressed array, which may be any size", { "data/0": { method: 8 } }],
    ["a compressed pickle", { "data.pkl": { method: 8 } }],
    ["a bomb: little that claims to be much", { "data/0": { method: 8, listed: { size: 4_000_000_000 } } }],
    ["a pickle that claims gigabytes", { "data.pkl": { listed: huge, local: huge } }],
    ["an array that claims gigabytes", { "data/0": { listed: huge, local: huge } }],
  ])("is refused: %s", async (_what, changes) => {
    const model = await makeModel(bin, torchFileBytes(stateDictPart({ weight }), { storages, changes }));
    const error = await failureOf(UNet2DModel.fromPretrained(model, { subfolder: "unet" }));
    expect(error).toMatchObject({ code: expect.stringMatching(/^(invalid-checkpoint|unsupported)$/) });
    expect(String(error)).toContain(`unet/${bin}`);
  });
});

describe("an index that names shards elsewhere", () => {
  it.each([
    "../secret.safetensors",
    "/etc/secret.safetensors",
    "..\\secret.safetensors",
    "x/../../secret.safetensors",
    "secret.bin",
  ])("is refused: %s", async (shard) => {
    const model = await makeModel(index, JSON.stringify({ weight_map: { "conv_in.weight": shard } }));
    const error = await failureOf(UNet2DModel.fromPretrained(model, { subfolder: "unet" }));
    expect(error).toMatchObject({ code: "invalid-checkpoint" });
    expect(String(error)).toContain(JSON.stringify(shard));
    expect(String(error)).toContain("expected the name of a .safetensors file beside the index");
  });

  it("is refused by the command line", async () => {
    const model = await makeModel(index, JSON.stringify({ weight_map: { a: "../secret.safetensors" } }));
    const { exitCode, stderr } = await runOnestep(["generate", model], { folder: folder() });
    expect(exitCode, stderr).toBe(exitCodes.checkpoint);
    expect(stderr).toContain("../secret.safetensors");
  });
});
