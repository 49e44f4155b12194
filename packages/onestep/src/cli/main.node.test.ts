import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runOnestep, temporaryFolder } from "./__fixtures__/run-onestep.ts";

const folder = temporaryFolder();
const run = (...words: string[]) => runOnestep(words, { folder: folder() });

describe("the exit code of onestep", () => {
  it("is 0 where all went well", async () => {
    expect(await run("--version")).toMatchObject({ exitCode: 0, stderr: "" });
  });

  it("is 2 for wrong usage", async () => {
    const { exitCode, stdout, stderr } = await run("generate", "--sede", "1");
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toBe(
      "error: `onestep generate` has no option --sede. Did you mean --seed? Run `onestep generate --help` for how to use it.\n",
    );
  });

  it("is 2 for counts that do not go together", async () => {
    const { exitCode, stderr } = await run("generate", "--class-label", "1,2", "--batch-size", "3");
    expect(exitCode).toBe(2);
    expect(stderr).toContain("--class-label: found 2 of them for 3 images");
  });

  it.each([
    [["--class-label", "30"], "--class-label: found 30, expected an integer from 0 to 29"],
    [["--timesteps", "0,22"], "--timesteps must be in descending order"],
    [["--device", "toaster"], '--device: found "toaster"'],
    [["no such folder"], '"no such folder", which is neither an existing folder nor a valid Hub id'],
  ])("is 3 for invalid input: %j", async (words, message) => {
    const { exitCode, stdout, stderr } = await run("generate", ...words);
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: "" });
    expect(stderr).toContain(message);
    expect(await readdir(folder())).toEqual([]);
  });

  it("is 4 where the model is not there", async () => {
    const { exitCode, stderr } = await run("generate", folder());
    expect(exitCode).toBe(4);
    expect(stderr).toContain(`model_index.json in ${folder()}: found nothing, expected a file.`);
  });

  it("is 6 for a damaged model", async () => {
    await mkdir(join(folder(), "model"));
    await writeFile(join(folder(), "model", "model_index.json"), "[1, 2]");
    const { exitCode, stderr } = await run("generate", "./model");
    expect(exitCode).toBe(6);
    expect(stderr).toContain("model_index.json of ./model: found ");
  });

  it("is 6 for what is not supported", async () => {
    await mkdir(join(folder(), "model"));
    await writeFile(join(folder(), "model", "model_index.json"), '{"_class_name": "FluxPipeline"}');
    const { exitCode, stderr } = await run("generate", "./model");
    expect(exitCode).toBe(6);
    expect(stderr).toContain("FluxPipeline");
  });

  it("is 7 where the image cannot be written, told before the work", async () => {
    const { exitCode, stderr } = await run("generate", "--out", "missing/a.png");
    expect(exitCode).toBe(7);
    expect(stderr).toBe(
      "error: missing/a.png: found no folder missing, expected a folder that exists. Make the folder first, or correct the path.\n",
    );
  });
});

describe("an error with --json", () => {
  it("is a document with its code and its parts", async () => {
    const { stdout } = await run("generate", "--json", "--class-label", "30");
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: "invalid-argument",
        message: expect.stringContaining("--class-label: found 30"),
        problem: {
          subject: "--class-label",
          found: "30",
          expected: "an integer from 0 to 29",
          remedy: expect.any(String),
        },
      },
    });
  });
});

describe("the start of onestep", () => {
  /** The scripts that a run loads, from what V8 notes down for coverage. */
  async function loadedScripts(...words: string[]): Promise<readonly string[]> {
    const environment = { NODE_V8_COVERAGE: join(folder(), "coverage") };
    await runOnestep(words, { folder: folder(), environment });
    const [file = ""] = await readdir(join(folder(), "coverage"));
    const report: { result: { url: string }[] } = JSON.parse(
      await readFile(join(folder(), "coverage", file), "utf8"),
    );
    return report.result.map(({ url }) => url);
  }

  it.each([[["--version"]], [["--help"]], [["generate", "--help"]], [["generate", "--sede"]]])(
    "loads no package for %j, but for the one function that suggests names",
    async (words) => {
      const scripts = await loadedScripts(...words);
      expect(scripts.some((url) => url.endsWith("/cli/main.js"))).toBe(true);
      const others = scripts.filter((url) => /packages\/(?!onestep\/)|node_modules/.test(url));
      expect(others).toEqual([expect.stringMatching(/core\/dist\/nearest-name\.js$/)]);
    },
  );
});
