import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FakeHub, startFakeHub } from "@onestep/fake-hub";
import { MissingTokenError } from "@onestep/hub";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CMStochasticIterativeScheduler } from "../cm-stochastic-iterative-scheduler.ts";
import { DDPMScheduler } from "../ddpm-scheduler.ts";
import { EDMEulerScheduler } from "../edm-euler-scheduler.ts";

let hub: FakeHub;

beforeEach(async () => {
  hub = await startFakeHub({ repositories: {}, accounts: { hf_me: { name: "me" } } });
});
afterEach(() => hub.close());

describe("pushToHub", () => {
  it.each([
    new CMStochasticIterativeScheduler({ rho: 5 }),
    new EDMEulerScheduler({ sigmaMax: 50 }),
    new DDPMScheduler({ betaEnd: 0.05 }),
  ])("uploads what savePretrained writes: %#", async (scheduler) => {
    const place = { endpoint: hub.endpoint, environment: {}, token: "hf_me" };
    const folder = await mkdtemp(join(tmpdir(), "onestep-push-"));
    try {
      await scheduler.savePretrained(folder);
      await scheduler.pushToHub("me/plain", place);
      await scheduler.pushToHub("me/pipe", { ...place, subfolder: "scheduler" });
      const saved = await readFile(join(folder, "scheduler_config.json"), "utf8");
      const plain = hub.files("me/plain");
      const names = [...plain.keys()].filter((name) => name !== ".gitattributes").sort();
      expect(names).toEqual(["README.md", "scheduler_config.json"]);
      expect(Buffer.from(plain.get("scheduler_config.json") ?? []).toString()).toBe(saved);
      expect(hub.message("me/plain")).toBe("Upload scheduler");
      const nested = hub.files("me/pipe");
      expect(Buffer.from(nested.get("scheduler/scheduler_config.json") ?? []).toString()).toBe(saved);
      expect(nested.has("README.md")).toBe(false);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("needs a token", async () => {
    const pushing = new DDPMScheduler().pushToHub("me/m", {
      endpoint: hub.endpoint,
      environment: {},
      token: false,
    });
    await expect(pushing).rejects.toThrow(MissingTokenError);
    expect(hub.requests).toEqual([]);
  });
});
