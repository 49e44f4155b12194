import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { RasterImage } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { type RunOptions, runOnestep, temporaryFolder } from "../__fixtures__/run-onestep.ts";
import { describeProgress } from "../serve/run-batch.ts";

const folder = temporaryFolder();

const request = (custom_id: string, body: object): string =>
  JSON.stringify({ custom_id, method: "POST", url: "/v1/images/generations", body });

async function batch(
  lines: readonly string[],
  words: readonly string[] = [],
  options: Partial<RunOptions> = {},
) {
  await writeFile(join(folder(), "requests.jsonl"), lines.join("\n"));
  return runOnestep(["batch", "requests.jsonl", "--out", "out", ...words], { folder: folder(), ...options });
}

const files = async (): Promise<string[]> =>
  (await readdir(join(folder(), "out"))).filter((name) => !name.startsWith(".")).sort();

describe("onestep batch", () => {
  it("makes the image that onestep generate makes", async () => {
    const { exitCode, stdout, stderr } = await batch([
      request("fox", { prompt: "fox", seed: 7 }),
      request("some", { class_labels: ["pizza", "rocket"], n: 2, seed: 1, model: "@onestep/emoji32" }),
    ]);
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toBe(`${join("out", "results.jsonl")}\n`);
    expect(stderr).toContain("2 of 2 requests");
    expect(await files()).toEqual(["fox.png", "results.jsonl", "some-1.png", "some-2.png"]);
    const single = await runOnestep(["generate", "--class-label", "fox", "--seed", "7", "--out", "own.png"], {
      folder: folder(),
    });
    expect(single.exitCode, single.stderr).toBe(0);
    const [one, other] = await Promise.all(
      ["out/fox.png", "own.png"].map(async (name) =>
        RasterImage.fromPng(await readFile(join(folder(), name))),
      ),
    );
    expect(one?.data).toEqual(other?.data);
  });

  it("says how many requests failed, keeps the others, and tries the failed ones again", async () => {
    const lines = [request("a", { prompt: "fox" }), request("b", { prompt: "no such thing" }), "{"];
    const first = await batch(lines);
    expect(first.exitCode).toBe(3);
    expect(first.stderr).toContain("2 of 3 requests failed; the images of the other 1 are in out.");
    expect(await files()).toEqual(["a.png", "errors.jsonl", "results.jsonl"]);
    expect(await readFile(join(folder(), "out/errors.jsonl"), "utf8")).toContain("no such thing");
    expect((await batch(lines)).stderr).toContain("1 of 3 requests");
  });

  it("stops at Ctrl-C, and continues", async () => {
    const lines = Array.from({ length: 60 }, (_, i) => request(`r${i}`, { prompt: "fox", seed: i }));
    const first = await batch(lines, ["--max-batch", "1"], { signals: [["6 of 60 requests", "SIGINT"]] });
    expect(first.exitCode, first.stderr).toBe(130);
    expect(first.stderr).toMatch(/Stopped: \d+ of 60 requests are done\. Run the same command to continue\./);
    const second = await batch(lines, ["--json"]);
    expect(second.exitCode, second.stderr).toBe(0);
    expect(JSON.parse(second.stdout)).toMatchObject({ total: 60, completed: 60, failed: 0 });
    expect(await files()).toHaveLength(61);
  });

  it.each<[string, readonly string[], number, RegExp]>([
    ["no folder", ["batch", "requests.jsonl"], 2, /--out is missing/],
    ["no file", ["batch", "--out", "out"], 2, /The file of requests is missing/],
    ["a file that is not there", ["batch", "none.jsonl", "--out", "out"], 3, /none\.jsonl/],
    ["a file without requests", ["batch", "empty.jsonl", "--out", "out"], 3, /it is empty/],
    [
      "an adapter of another model",
      ["batch", "requests.jsonl", "--out", "out", "--lora", "a@b=c"],
      2,
      /b is not served/,
    ],
  ])("refuses %s before any model is loaded", async (_what, words, code, message) => {
    await writeFile(join(folder(), "requests.jsonl"), request("a", { prompt: "fox" }));
    await writeFile(join(folder(), "empty.jsonl"), "\n");
    const { exitCode, stderr } = await runOnestep(words, { folder: folder() });
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain("Loading");
    expect(exitCode).toBe(code);
  });
});

describe("describeProgress", () => {
  it.each([
    [
      { total: 100, completed: 11, failed: 1, finished: 12, seconds: 4.8 },
      "12 of 100 requests (1 failed), 2.5 a second, 35.2 s left",
    ],
    [{ total: 10, completed: 4, failed: 0, finished: 0, seconds: 0.1 }, "4 of 10 requests"],
    [{ total: 10, completed: 10, failed: 0, finished: 2, seconds: 3 }, "10 of 10 requests"],
  ])("says %j in words", (progress, text) => {
    expect(describeProgress(progress)).toBe(text);
  });
});
