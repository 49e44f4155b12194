import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { FakeHub } from "@onestep/fake-hub";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { shippedFiles, startHub } from "./__fixtures__/models.ts";
import { runOnestep, temporaryFolder } from "./__fixtures__/run-onestep.ts";

const folder = temporaryFolder();
const weights = "unet/diffusion_pytorch_model.safetensors";
let hub: FakeHub;

beforeAll(async () => {
  const files = await shippedFiles();
  hub = await startHub({
    "me/gated": { files, gatedToken: "hf_accepted" },
    "me/private": { files, privateToken: "hf_mine" },
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

describe("a model of the Hub", () => {
  it("is fetched, only what is needed of it, and runs offline the next time", async () => {
    const words = ["generate", "me/emoji", "--class-label", "1", "--seed", "7"];
    const first = await run([...words, "--out", "a.png"]);
    expect(first).toMatchObject({ exitCode: 0, stdout: "a.png\n" });
    expect(first.stderr).toContain(`Fetching ${weights} (5.74 MB)\n`);
    expect(first.stderr).toContain(`Fetched ${weights}\n`);
    expect(hub.requests.filter(({ path }) => path.includes("README"))).toEqual([]);

    hub.clearRequests();
    const second = await run([...words, "--out", "b.png", "--local-files-only", "--json"]);
    expect(second.exitCode, second.stderr).toBe(0);
    expect(second.stderr).not.toContain("Fetch");
    expect(JSON.parse(second.stdout)).toMatchObject({ model: "me/emoji", files: ["b.png"] });
    expect(hub.requests).toEqual([]);
  });

  it("is inspected without fetching its weights", async () => {
    const { exitCode, stdout } = await run(["inspect", "me/emoji"]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`Model       me/emoji (commit ${hub.commit("me/emoji").slice(0, 7)})\n`);
    expect(stdout).toContain("Parameters  2,859,651\n");
    expect(stdout).toContain(`Weights     ${weights}\n            about 11.4 MB, not fetched yet\n`);
    expect(hub.requests.filter(({ path }) => path.includes("safetensors"))).toEqual([]);

    expect((await run(["generate", "me/emoji", "--quiet"])).exitCode).toBe(0);
    const { stdout: afterwards } = await run(["inspect", "me/emoji", "--local-files-only"]);
    expect(afterwards).toContain("Parameters  2,859,651 in 185 tensors, float16\n");
    expect(afterwards).toContain(`Weights     ${weights}, 5.74 MB\n`);
  });

  it("takes the token from HF_TOKEN, and from the option", async () => {
    const options = { HF_TOKEN: "hf_accepted" };
    expect(await run(["inspect", "me/gated"], options)).toMatchObject({ exitCode: 0 });
    expect(await run(["inspect", "me/private", "--token", "hf_mine"])).toMatchObject({ exitCode: 0 });
  });
});

describe("the exit code", () => {
  it.each([
    ["me/nothing", {}, "repository-not-found", "me/nothing"],
    ["me/private", {}, "repository-not-found", "me/private"],
    ["me/gated", {}, "gated-repository", "me/gated"],
    ["me/emoji", { HF_TOKEN: "hf_wrong" }, "invalid-token", "token"],
  ])("is 4 for %s with %j", async (model, environment, code, words) => {
    const { exitCode, stdout } = await run(["generate", model, "--json"], environment);
    expect(exitCode).toBe(4);
    const { error } = JSON.parse(stdout);
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) });
    expect(error.message).not.toContain("hf_wrong");
  });

  it("is 4 for a revision that is not there", async () => {
    const { exitCode, stderr } = await run(["generate", "me/emoji", "--revision", "v9"]);
    expect(exitCode).toBe(4);
    expect(stderr).toContain("v9");
  });

  it("is 5 where the Hub cannot be reached, or may not be asked", async () => {
    const refused = await run(["generate", "me/emoji", "--endpoint", "http://127.0.0.1:9"]);
    expect(refused.exitCode).toBe(5);
    expect(refused.stderr).toMatch(/^error: http:\/\/127\.0\.0\.1:9\//);
    const offline = await run(["generate", "me/emoji"], { HF_HUB_OFFLINE: "1" });
    expect(offline.exitCode).toBe(5);
    expect(hub.requests).toEqual([]);
  });

  it("is 6 where other bytes arrive than were promised, and none of them stay", async () => {
    hub.addFault({ path: "/content/", wrongBytes: true });
    const { exitCode, stderr } = await run(["generate", "me/emoji"]);
    expect(exitCode, stderr).toBe(6);
    const cache = join(folder(), "hf", "hub", "models--me--emoji");
    const unet = await readdir(join(cache, "snapshots", hub.commit("me/emoji"), "unet"));
    expect(unet).toEqual(["config.json"]);
  });

  it("is 7 where the cache cannot be written", async () => {
    const { exitCode, stderr } = await run(["generate", "me/emoji", "--cache-dir", "/dev/null/cache"]);
    expect(exitCode, stderr).toBe(7);
  });

  it("is 130 for Ctrl-C during a download, which goes on from there the next time", async () => {
    hub.addFault({ host: "cdn", stallAfterBytes: 4_000_000, times: 1 });
    const result = await runOnestep(["generate", "me/emoji"], {
      folder: folder(),
      environment: { HF_ENDPOINT: hub.endpoint },
      signals: [[`Fetching ${weights} (`, "SIGINT"]],
    });
    expect(result).toMatchObject({ exitCode: 130, signal: null });
    const unfinished = async () => {
      const blobs = await readdir(join(folder(), "hf", "hub", "models--me--emoji", "blobs"));
      return blobs.filter((name) => !/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(name));
    };
    for (const name of await unfinished()) expect(name).toMatch(/^[0-9a-f]{64}\..*\.incomplete$/);
    const again = await run(["generate", "me/emoji"]);
    expect(again.exitCode, again.stderr).toBe(0);
    expect(await unfinished()).toEqual([]);
  });
});
