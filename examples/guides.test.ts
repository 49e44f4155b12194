import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type FakeFiles, type FakeHub, startFakeHub } from "@onestep/fake-hub";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
/** The programs of a guide, and what the guide says that they print. */
async function readPrograms(name: string): Promise<{ text: string; output: string }[]> {
  const guide = await readFile(join(root, "docs/guides", name), "utf8");
  return [...guide.matchAll(/```js\n(.*?)```\n(?:\n```text\n(.*?)```)?/gs)].map(
    ([, text = "", output = ""]) => ({ text, output }),
  );
}

let folder: string;
let hub: FakeHub;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-guide-"));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  const configs = ["model_index.json", "scheduler/scheduler_config.json", "unet/config.json"];
  const weights = "unet/diffusion_pytorch_model.safetensors";
  const emoji = await readFiles("packages/emoji32", [...configs, weights]);
  const ddpm = await readFiles("packages/pipelines/src/__fixtures__/ddpm", [...configs, weights]);
  // In that repository all lies at the top.
  const flat = Object.entries(ddpm).map(([path, file]) => [basename(path), file]);
  hub = await startFakeHub({
    repositories: {
      "openai/diffusers-cd_imagenet64_l2": { files: emoji },
      "google/ddpm-cifar10-32": { files: Object.fromEntries(flat) },
      "owner/private-model": { files: {}, privateToken: "hf_owner" },
    },
    accounts: { hf_me: { name: "me" } },
  });
});
afterAll(async () => {
  await hub.close();
  await rm(folder, { recursive: true, force: true });
});

async function readFiles(from: string, paths: readonly string[]): Promise<FakeFiles> {
  const read = async (path: string) => {
    const bytes = await readFile(join(root, from, path));
    return [path, path.endsWith(".safetensors") ? { bytes, lfs: true } : bytes] as const;
  };
  return Object.fromEntries(await Promise.all(paths.map(read)));
}

function run(name: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const env = {
    PATH: process.env["PATH"],
    HOME: folder,
    HF_HOME: join(folder, "home"),
    HF_ENDPOINT: hub.endpoint,
    HF_TOKEN: "hf_me",
  };
  const child = spawn(process.execPath, [name], { cwd: folder, env });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}

describe.each(["editing.md", "hub.md", "pipelines.md", "schedulers.md"])(
  "the programs of docs/guides/%s",
  async (guide) => {
    it.each(await readPrograms(guide))("print what the page says: $text", async ({ text, output }) => {
      await writeFile(join(folder, "program.mjs"), text);
      const { code, stdout, stderr } = await run("program.mjs");
      expect(code === 0 ? "" : stderr).toBe("");
      expect(stdout).toBe(output);
    });
  },
);
