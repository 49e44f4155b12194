import { execFile } from "node:child_process";
import { cp, mkdtemp, realpath, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";

const { resolve } = createRequire(import.meta.url);
let folder: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "onestep-realms-")));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it.each(["vmThreads", "vmForks"])("works in another realm: %s", { timeout: 180_000 }, async (pool) => {
  const tests = new URL("./__fixtures__/in-another-realm.mjs", import.meta.url);
  await cp(tests, join(folder, "in-another-realm.test.mjs"));
  const vitest = join(dirname(resolve("vitest/package.json")), "vitest.mjs");
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [vitest, "run", "--root", folder, `--pool=${pool}`, "--reporter=json"],
    {
      cwd: folder,
      env: {
        ...process.env,
        ONESTEP_ENTRY: fileURLToPath(new URL("../dist/index.js", import.meta.url)),
        ONESTEP_MODEL: dirname(resolve("@onestep/emoji32/model_index.json")),
      },
    },
  );
  expect(JSON.parse(stdout)).toMatchObject({ success: true, numPassedTests: 6, numFailedTests: 0 });
});
