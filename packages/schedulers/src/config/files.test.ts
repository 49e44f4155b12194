import { InvalidArgumentError, InvalidConfigError, OnestepError } from "@onestep/core";
import { expect, it } from "vitest";
import { memoryRepository } from "../__fixtures__/memory-repository.ts";
import { SchedulerConfigNotFoundError } from "../errors.ts";
import { readSchedulerDocument } from "./files.ts";

const subject = "DDIMScheduler.fromPretrained";

it("reads from the folder scheduler, and names the file", async () => {
  const files = { "scheduler/scheduler_config.json": '{"a": 1}', "scheduler_config.json": '{"a": 2}' };
  expect(await readSchedulerDocument(memoryRepository(files), {}, subject)).toEqual({
    document: { a: 1 },
    name: "someone/something: scheduler/scheduler_config.json",
  });
});

it.each([
  [undefined, ["scheduler/scheduler_config.json", "scheduler_config.json"]],
  ["", ["scheduler_config.json"]],
  ["other", ["other/scheduler_config.json", "scheduler_config.json"]],
  ["a/b/", ["a/b/scheduler_config.json", "scheduler_config.json"]],
])("with the subfolder %j looks in %j", async (subfolder, paths) => {
  const asked: string[] = [];
  const repository = memoryRepository({ "scheduler_config.json": "{}" }, asked);
  const { name } = await readSchedulerDocument(repository, { subfolder }, subject);
  expect(name).toBe("someone/something: scheduler_config.json");
  expect(asked).toEqual(paths);
});

it("says what it looked for where there is none", async () => {
  const reading = readSchedulerDocument(memoryRepository({ "model_index.json": "{}" }), {}, subject);
  await expect(reading).rejects.toThrow(SchedulerConfigNotFoundError);
  await expect(reading).rejects.toThrow(
    "someone/something: found no file named scheduler_config.json, expected scheduler/scheduler_config.json or" +
      " scheduler_config.json. Check the name and the revision, or pass the folder of the file as" +
      " `subfolder`.",
  );
  await reading.catch((error) => {
    expect(OnestepError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ code: "scheduler-config-not-found", name: "SchedulerConfigNotFoundError" });
  });
});

it.each(["../secrets", "/etc", "a//b", ".", "a\\b", "C:x", "a\0b"])(
  "refuses the subfolder %j",
  async (subfolder) => {
    const asked: string[] = [];
    const reading = readSchedulerDocument(memoryRepository({}, asked), { subfolder }, subject);
    await expect(reading).rejects.toThrow(InvalidArgumentError);
    await expect(reading).rejects.toThrow(
      `subfolder: found ${JSON.stringify(subfolder)}, expected a folder within`,
    );
    expect(asked).toEqual([]);
  },
);

it("names the file that is not JSON", async () => {
  const reading = readSchedulerDocument(memoryRepository({ "scheduler_config.json": '{"a": ' }), {}, subject);
  await expect(reading).rejects.toThrow(InvalidConfigError);
  await expect(reading).rejects.toThrow(
    "someone/something: scheduler_config.json: found the end of the text",
  );
});
