import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { FileWriteError, InvalidArgumentError, TorchGenerator } from "@onestep/core";
import { type FakeHub, startFakeHub } from "@onestep/fake-hub";
import { MissingTokenError } from "@onestep/hub";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rampSample } from "../__fixtures__/dummy-model.ts";
import { configFileGoldens } from "../__fixtures__/goldens.ts";
import { loadScheduler } from "../load-scheduler.ts";
import { CMStochasticIterativeScheduler } from "../schedulers/cm-stochastic-iterative-scheduler.ts";
import { DDPMScheduler } from "../schedulers/ddpm-scheduler.ts";
import { EDMEulerScheduler } from "../schedulers/edm-euler-scheduler.ts";

describe("uploads", () => {
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
});

describe("folders", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "onestep-scheduler-"));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const readConfig = (...parts: string[]) =>
    readFile(join(folder, ...parts, "scheduler_config.json"), "utf8");

  describe("savePretrained", () => {
    it("writes the file of diffusers, and nothing else, into a folder that it makes", async () => {
      const [consistency, , , edm] = configFileGoldens.files;
      await new CMStochasticIterativeScheduler().savePretrained(join(folder, "new", "scheduler"));
      await new EDMEulerScheduler().savePretrained(pathToFileURL(join(folder, "other one")));
      expect(await readConfig("new", "scheduler")).toBe(consistency?.text);
      expect(await readConfig("other one")).toBe(edm?.text);
      expect(await readdir(join(folder, "new", "scheduler"))).toEqual(["scheduler_config.json"]);
    });

    it("replaces what stood there", async () => {
      await new EDMEulerScheduler().savePretrained(folder);
      await new CMStochasticIterativeScheduler({ rho: 5 }).savePretrained(`${folder}/`);
      expect(await readConfig()).toContain('"rho": 5.0');
      expect(await readdir(folder)).toEqual(["scheduler_config.json"]);
    });

    it("refuses a file and leaves it as it is", async () => {
      const path = join(folder, "file");
      await writeFile(path, "kept");
      const saving = new CMStochasticIterativeScheduler().savePretrained(path);
      await expect(saving).rejects.toThrow(FileWriteError);
      await expect(saving).rejects.toThrow("found a file where the path has a folder");
      expect(await readFile(path, "utf8")).toBe("kept");
    });

    it.each(["", undefined, null, 3, new URL("https://example.com/x")])("refuses %s", async (directory) => {
      const saving = new CMStochasticIterativeScheduler().savePretrained(directory as string);
      await expect(saving).rejects.toThrow(InvalidArgumentError);
    });
  });

  describe("fromPretrained", () => {
    it("loads what was saved, from the folder itself or from that of a pipeline", async () => {
      const saved = new EDMEulerScheduler({ sigmaMax: 50, timestepScale: 1000 });
      await saved.savePretrained(join(folder, "pipeline", "scheduler"));
      for (const place of [join(folder, "pipeline"), join(folder, "pipeline", "scheduler")]) {
        expect((await EDMEulerScheduler.fromPretrained(place)).config).toEqual(saved.config);
        expect(await loadScheduler(pathToFileURL(place))).toBeInstanceOf(EDMEulerScheduler);
      }
      const elsewhere = await EDMEulerScheduler.fromPretrained(folder, { subfolder: "pipeline/scheduler" });
      expect(elsewhere.config).toEqual(saved.config);
    });

    // diffusers' test_from_save_pretrained and check_over_configs.
    it.each([
      ...[10, 50, 100, 1000].flatMap((numTrainTimesteps) => [
        new CMStochasticIterativeScheduler({ numTrainTimesteps }),
        new EDMEulerScheduler({ numTrainTimesteps }),
      ]),
      new CMStochasticIterativeScheduler({ clipDenoised: false }),
      new EDMEulerScheduler({ predictionType: "v_prediction" }),
    ])("takes the same step as the one that was saved: %#", async (saved) => {
      await saved.savePretrained(folder);
      const loaded = await loadScheduler(folder);
      expect(loaded.config).toEqual(saved.config);
      const [before, after] = [saved, loaded].map((scheduler) => {
        const timestep = Number(scheduler.timesteps[0]);
        const sample = scheduler.scaleModelInput(rampSample(), timestep);
        return scheduler.step(sample.mul(0.1), timestep, sample, { generator: new TorchGenerator(0) })
          .prevSample;
      });
      expect(after?.data).toEqual(before?.data);
    });

    it("says what it looked for in a folder that has none", async () => {
      await mkdir(join(folder, "empty"));
      const loading = CMStochasticIterativeScheduler.fromPretrained(join(folder, "empty"));
      await expect(loading).rejects.toThrow(
        "found no file named scheduler_config.json, expected scheduler/scheduler_config.json or scheduler_config.json.",
      );
    });
  });
});
