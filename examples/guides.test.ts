import { type ChildProcessByStdio, spawn } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { type FakeFiles, type FakeHub, startFakeHub } from "@onestep/fake-hub";
import typescript from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const textModels = "packages/models/src/__fixtures__/text";

/** The programs of a page, as JavaScript, and what the page says that they print. */
async function readPrograms(page: string): Promise<{ text: string; output: string }[]> {
  const guide = await readFile(join(root, page), "utf8");
  return [...guide.matchAll(/```(?:js|ts)\n(.*?)```\n(?:\n```text\n(.*?)```)?/gs)].map(
    ([, text = "", output = ""]) => ({ text, output }),
  );
}

/** A program without its types. */
function toJavaScript(text: string): string {
  const { ES2022 } = typescript.ScriptTarget;
  return typescript.transpile(text, { target: ES2022, module: typescript.ModuleKind.ESNext });
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
      "SimianLuo/LCM_Dreamshaper_v7": { files: await readFolder("lcm-tiny") },
      "stable-diffusion-v1-5/stable-diffusion-v1-5": { files: await readFolder("sd15-tiny") },
      "CompVis/stable-diffusion-v1-4": { files: await readFolder("sd15-legacy-bin-tiny") },
      "madebyollin/taesd": { files: await readFolder("sd15-taesd-tiny/vae") },
      "latent-consistency/lcm-lora-sdv1-5": { files: await readFolder("lora-tiny-diffusers") },
      "sd-concepts-library/cat-toy": { files: await readFolder("textual-inversion-tiny/one-vector") },
      "owner/private-model": { files: {}, privateToken: "hf_owner" },
      "owner/name": { files: emoji, revisions: { "v1.0": emoji }, gatedToken: "hf_owner" },
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

/** A tiny repository that stands for a published one. */
async function readFolder(name: string): Promise<FakeFiles> {
  const entries = await readdir(join(root, textModels, name), { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(join(root, textModels, name), join(entry.parentPath, entry.name)));
  return readFiles(
    `${textModels}/${name}`,
    paths.map((path) => path.replaceAll("\\", "/")),
  );
}

/** Starts a program in the folder. The programs of a page share a cache. */
function start(program: readonly string[], page: string): ChildProcessByStdio<null, Readable, Readable> {
  const env = {
    PATH: process.env["PATH"],
    HOME: folder,
    HF_HOME: join(folder, "caches", basename(page, ".md")),
    HF_ENDPOINT: hub.endpoint,
    HF_TOKEN: "hf_me",
  };
  return spawn(process.execPath, program, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
}

/** Runs a program to its end. */
function run(
  program: readonly string[],
  page: string,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = start(program, page);
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

/** What the programs of the packages' READMEs take for granted: a model of the reader's own. */
async function makeOwnFiles(place: string): Promise<void> {
  await mkdir(join(place, "my-model", "unet"), { recursive: true });
  await mkdir(join(place, "model"), { recursive: true });
  const weights = "unet/diffusion_pytorch_model.safetensors";
  await copyFile(join(root, "packages/emoji32", weights), join(place, "my-model", weights));
  await writeFile(join(place, "model", "weights.bin"), new Float32Array(16));
}

const pages = [
  "README.md",
  "docs/coming-from-diffusers.md",
  "docs/concepts.md",
  "docs/getting-started.md",
  "docs/guides/editing.md",
  "docs/guides/hub.md",
  "docs/guides/pipelines.md",
  "docs/guides/schedulers.md",
  "docs/guides/servers.md",
  "docs/guides/text-to-image.md",
  "docs/troubleshooting.md",
];

describe.each(pages)("the programs of %s", async (page) => {
  it.each(await readPrograms(page))("print what the page says: $text", async ({ text, output }) => {
    await writeFile(join(folder, "program.mjs"), text);
    const { code, stdout, stderr } = await run(["program.mjs"], page);
    expect(code === 0 ? "" : stderr).toBe("");
    expect(stdout).toBe(output);
  });
});

const readmes = [
  "core",
  "emoji32",
  "graph",
  "hub",
  "models",
  "onestep",
  "pipelines",
  "runtime",
  "schedulers",
];

describe.each(readmes)("the programs of the README of %s", async (name) => {
  const page = `packages/${name}/README.md`;
  beforeAll(async () => {
    await makeOwnFiles(folder);
  });

  it.each(await readPrograms(page))("run as they are: $text", async ({ text }) => {
    const program = text.replace("https://mirror.example/hub", hub.endpoint);
    await writeFile(join(folder, "program.mjs"), toJavaScript(program));
    const { code, stderr } = await run(["program.mjs"], `${name}.md`);
    expect(code === 0 ? "" : stderr).toBe("");
  });
});

describe("the commands of README.md", async () => {
  const readme = await readFile(join(root, "README.md"), "utf8");
  const all = [...readme.matchAll(/^npx onestep (.+)$/gm)].map(([, words = ""]) => words);
  const commands = all.filter((words) => !words.startsWith("serve"));
  const services = all.filter((words) => words.startsWith("serve"));

  it("are there", () => {
    expect(commands).not.toEqual([]);
    expect(services).not.toEqual([]);
  });

  it.each(services)("npx onestep %s answers the request of curl", async (words) => {
    const [, body = "{}"] = /curl http:\S+ .*\n +-d '(.+)'/.exec(readme) ?? [];
    // The model that stands for the published one is small.
    const request = { ...JSON.parse(body), size: "64x64" };
    const child = start(
      [join(root, "packages/onestep/bin/onestep.js"), ...words.split(" "), "--port", "0"],
      "README.md",
    );
    try {
      const url = await new Promise<string>((resolve, reject) => {
        child.stdout.on("data", (text) => resolve(/http:\S+/.exec(String(text))?.[0] ?? ""));
        child.once("close", (code) => reject(new Error(`exit code ${code}`)));
      });
      const response = await fetch(`${url}/v1/images/generations`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(request),
      });
      expect(await response.json()).toMatchObject({ size: "64x64", data: [{ seed: 0 }, { seed: 1 }] });
    } finally {
      child.kill("SIGKILL");
    }
  });

  it.each(commands)("npx onestep %s", async (words) => {
    const program = join(root, "packages/onestep/bin/onestep.js");
    const { code, stdout, stderr } = await run([program, ...words.split(" ")], "README.md");
    expect(code === 0 ? "" : stderr).toBe("");
    const [, file = ""] = /--out (\S+)/.exec(words) ?? [];
    expect(stdout).toBe(`${file}\n`);
  });

  it("npm run … are scripts of the repository", async () => {
    const { scripts } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
    const names = [...readme.matchAll(/npm run ([\w-]+)/g)].map(([, name]) => name);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(names));
  });
});
