import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type FakeHub, startFakeHub } from "@onestep/fake-hub";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const guide = await readFile(join(root, "docs/guides/hub.md"), "utf8");

/** The programs of the guide, and what the guide says that they print. */
const programs = [...guide.matchAll(/```js\n(.*?)```\n(?:\n```text\n(.*?)```)?/gs)].map(
  ([, text = "", output = ""]) => ({ text, output }),
);

let folder: string;
let hub: FakeHub;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-guide-"));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  const names = ["model_index.json", "scheduler/scheduler_config.json", "unet/config.json"];
  const weights = "unet/diffusion_pytorch_model.safetensors";
  const files: Record<string, Uint8Array | { bytes: Uint8Array; lfs: boolean }> = {};
  for (const name of names) files[name] = await readFile(join(root, "packages/emoji32", name));
  files[weights] = { bytes: await readFile(join(root, "packages/emoji32", weights)), lfs: true };
  hub = await startFakeHub({
    repositories: {
      "openai/diffusers-cd_imagenet64_l2": { files },
      "owner/private-model": { files: {}, privateToken: "hf_owner" },
    },
    accounts: { hf_me: { name: "me" } },
  });
});
afterAll(async () => {
  await hub.close();
  await rm(folder, { recursive: true, force: true });
});

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

describe("the programs of docs/guides/hub.md", () => {
  it.each(programs)("print what the page says: $text", async ({ text, output }) => {
    await writeFile(join(folder, "program.mjs"), text);
    const { code, stdout, stderr } = await run("program.mjs");
    expect(code === 0 ? "" : stderr).toBe("");
    expect(stdout).toBe(output);
  });
});
