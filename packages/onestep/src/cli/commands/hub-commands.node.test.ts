import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FakeHub } from "@onestep/fake-hub";
import { startFakeHub } from "@onestep/fake-hub";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { shippedFiles } from "../__fixtures__/models.ts";
import { runOnestep, temporaryFolder } from "../__fixtures__/run-onestep.ts";

const folder = temporaryFolder();
const weights = "unet/diffusion_pytorch_model.safetensors";
let hub: FakeHub;

beforeAll(async () => {
  hub = await startFakeHub({
    repositories: {
      "me/emoji": {
        files: {
          ...(await shippedFiles()),
          "unet/diffusion_pytorch_model.bin": "torch",
          "extra/a.json": "{}",
        },
      },
      "me/flux": { files: { "model_index.json": '{"_class_name": "FluxPipeline"}', "a.bin": "a" } },
    },
    accounts: {
      hf_me: { name: "me", organizations: ["studio"] },
      hf_reader: { name: "me", readOnly: true },
    },
  });
});

afterAll(async () => {
  await hub.close();
});

afterEach(() => {
  hub.clearFaults();
  hub.clearRequests();
});

function run(words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  return runOnestep(words, {
    folder: folder(),
    environment: { HF_ENDPOINT: hub.endpoint, ...environment },
  });
}

describe("onestep download", () => {
  it("fetches what the pipeline needs, in few lines, and nothing else; then the model runs offline", async () => {
    const { exitCode, stdout, stderr } = await run(["download", "me/emoji"]);
    expect(exitCode, stderr).toBe(0);
    const snapshot = join(
      ...[folder(), "hf", "hub", "models--me--emoji", "snapshots", hub.commit("me/emoji")],
    );
    expect(stdout).toBe(`${snapshot}\n`);
    expect(existsSync(join(snapshot, weights))).toBe(true);
    for (const path of ["README.md", "extra/a.json", "unet/diffusion_pytorch_model.bin"]) {
      expect(existsSync(join(snapshot, path))).toBe(false);
    }
    expect(stderr.split("\n").length).toBeLessThan(12);
    expect(stderr).toMatch(/^Fetching 3 files \(5\.74 MB\)$/m);
    const made = await run(["generate", "me/emoji", "--seed", "0", "-o", "a.png"], { HF_HUB_OFFLINE: "1" });
    expect(made.exitCode, made.stderr).toBe(0);
  });

  it("fetches nothing twice, and tells programs what it did", async () => {
    await run(["download", "me/emoji", "--include", "*.json", "--exclude", "extra/"]);
    hub.clearRequests();
    // With patterns, the variant has no say.
    await run(["download", "me/emoji", "--variant", "fp16", "--include", "model_index.json"]);
    const { stdout, stderr } = await run(["download", "me/emoji", "--json", "--include", "*.json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      model: "me/emoji",
      commit: hub.commit("me/emoji"),
      files: [
        { path: "extra/a.json", size: 2, cached: false },
        { path: "model_index.json", cached: true },
        { path: "scheduler/scheduler_config.json", cached: true },
        { path: "unet/config.json", cached: true },
      ],
    });
    expect(stderr).toContain("4 files, ");
    expect(hub.requests.filter(({ path }) => path.includes("/resolve/")).length).toBeLessThan(3);
  });

  it.each<[string, readonly string[], number, string]>([
    ["no model", [], 2, "A model is missing"],
    [
      "patterns that match nothing",
      ["me/emoji", "--include", "*.gguf"],
      2,
      "leave none of the 7 files of me/emoji",
    ],
    [
      "a variant that the model lacks",
      ["me/emoji", "--variant", "fp16"],
      2,
      "--variant: me/emoji has no weights of",
    ],
    ["a pipeline that is not supported", ["me/flux"], 6, "FluxPipeline"],
    ["a folder", ["."], 4, "model_index.json"],
    ["a model that is not there", ["me/nothing"], 4, "me/nothing"],
  ])("refuses %s", async (_what, words, code, message) => {
    const { exitCode, stderr } = await run(["download", ...words]);
    expect([exitCode, stderr]).toEqual([code, expect.stringContaining(message)]);
  });
});

describe("onestep upload", () => {
  it("commits a folder, without the files of programs, and shows where it is", async () => {
    const model = join(folder(), "model");
    await mkdir(join(model, "unet"), { recursive: true });
    await mkdir(join(model, ".git"));
    await writeFile(join(model, ".git", "HEAD"), "x");
    await writeFile(join(model, "model_index.json"), "{}");
    await writeFile(join(model, "unet", "a.safetensors"), new Uint8Array(3000));
    await writeFile(join(model, "unet", "a.bin"), "torch");
    const words = ["upload", "model", "new", "--exclude", "*.bin", "--commit-message", "First"];
    const { exitCode, stdout, stderr } = await run(words, { HF_TOKEN: "hf_me" });
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain(`${hub.commit("me/new")}\n`);
    expect(stderr.split("\n").sort()).toEqual([
      "",
      "Uploaded model_index.json",
      "Uploaded unet/a.safetensors",
      "Uploading 2 files (3.00 kB)",
    ]);
    expect([...hub.files("me/new").keys()].sort()).toEqual([
      // The Hub makes it with a repository.
      ".gitattributes",
      "model_index.json",
      "unet/a.safetensors",
    ]);
    expect(hub.message("me/new")).toContain("First");
    const again = await run(["upload", "model", "me/new", "--json", "-q"], { HF_TOKEN: "hf_me" });
    expect(JSON.parse(again.stdout)).toMatchObject({ repository: "me/new", commit: hub.commit("me/new") });
  });

  it.each<[string, readonly string[], Record<string, string>, number, string]>([
    ["no folder", [], {}, 2, "A folder is missing"],
    ["no repository", ["."], {}, 2, "A repository is missing"],
    ["a folder that is not there", ["none", "me/x"], {}, 2, "none is not there: name a folder to upload."],
    ["an empty folder", [".", "me/x"], {}, 2, ". is empty."],
    ["no token", ["model", "me/x"], {}, 4, "found no access token"],
    ["a token that may only read", ["model", "me/x", "--token", "hf_reader"], {}, 4, "token"],
    ["a token of somebody else", ["model", "you/x"], { HF_TOKEN: "hf_me" }, 4, "write"],
    ["patterns that match nothing", ["model", "me/x", "--include", "b"], {}, 2, "leave no file of model"],
  ])("refuses %s", async (_what, words, environment, code, message) => {
    if (words.includes("model")) {
      await mkdir(join(folder(), "model"));
      await writeFile(join(folder(), "model", "a"), "a");
    }
    const { exitCode, stderr } = await run(["upload", ...words], environment);
    expect([exitCode, stderr]).toEqual([code, expect.stringContaining(message)]);
  });
});

describe("onestep whoami", () => {
  it("shows the name, from the environment or the token file, and never the token", async () => {
    const named = await run(["whoami"], { HF_TOKEN: "hf_me" });
    expect(named).toMatchObject({ exitCode: 0, stdout: "me\n", stderr: "Organizations: studio\n" });
    await mkdir(join(folder(), "hf"), { recursive: true });
    await writeFile(join(folder(), "hf", "token"), "hf_me\n");
    const { stdout } = await run(["whoami", "--json"]);
    expect(JSON.parse(stdout)).toEqual({ name: "me", organizations: ["studio"], endpoint: hub.endpoint });
  });

  it.each([
    [{}, 4, "found no access token"],
    [{ HF_TOKEN: "hf_wrong_secret" }, 4, "expected a token that the endpoint accepts"],
    [{ HF_TOKEN: "hf_me", HF_HUB_OFFLINE: "1" }, 5, "HF_HUB_OFFLINE"],
  ])("refuses %j with %d", async (environment, code, message) => {
    const { exitCode, stdout, stderr } = await run(["whoami", "--debug"], environment);
    expect([exitCode, stderr]).toEqual([code, expect.stringContaining(message)]);
    expect(stdout + stderr).not.toContain("secret");
  });
});
