import { expect, it } from "vitest";
import { fakeHubs } from "../__fixtures__/fake-hubs.ts";
import { bytesFile, uploadFiles } from "./upload-files.ts";

const startHub = fakeHubs();
const file = bytesFile("a.txt", "a");

it.each([
  ["a//b", [file], {}, "has more than one slash"],
  ["../x", [file], {}, "is not made of"],
  ["me/m", [file, bytesFile("a.txt", "b")], {}, 'files: found "a.txt", which is there twice'],
  ["me/m", [bytesFile("../a.txt", "b")], {}, "has the segment"],
  ["me/m", [], {}, "files: found none"],
  ["me/m", [file], { revision: "a/../b" }, "option revision"],
  ["me/m", [file], { endpoint: "ftp://x" }, "option endpoint"],
  ["me/m", [file], { retry: { maxRetries: -1 } }, "option retry.maxRetries"],
])("asks for nothing where an argument is wrong: %s", async (id, files, options, message) => {
  const hub = await startHub({ repositories: {}, accounts: { hf_me: { name: "me" } } });
  const defaults = { endpoint: hub.endpoint, environment: {}, token: "hf_me" };
  await expect(uploadFiles(id, files, { ...defaults, ...options })).rejects.toThrow(message);
  expect(hub.requests).toEqual([]);
});
