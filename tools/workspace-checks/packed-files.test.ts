import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { codePackages, conditionLeaves, packages, root, typeScriptFiles } from "./workspace.ts";

const run = promisify(execFile);
const packed = new Map<string, readonly string[]>();

beforeAll(async () => {
  const compiler = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  await run(process.execPath, [compiler, "-b"], { cwd: root });
  const workspaces = packages.flatMap(({ folder }) => ["--workspace", folder]);
  const { stdout } = await run("npm", ["pack", "--dry-run", "--json", "--ignore-scripts", ...workspaces], {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === "win32",
  });
  const reports: { name: string; files: { path: string }[] }[] = JSON.parse(stdout);
  for (const { name, files } of reports) packed.set(name, files.map(({ path }) => path).toSorted());
}, 120_000);

const filesOf = (name: string) => packed.get(name) ?? [];

describe.each(codePackages)("the package $manifest.name", ({ folder, manifest }) => {
  const sources = typeScriptFiles(`${folder}/src`)
    .map((path) => path.slice(`${folder}/src/`.length))
    .filter((path) => !path.endsWith(".test.ts") && !path.includes("__fixtures__/"));

  it("holds its sources, what is compiled from them, and nothing else", () => {
    const compiled = sources.flatMap((path) =>
      [".js", ".js.map", ".d.ts", ".d.ts.map"].map((ending) => `dist/${path.replace(/\.ts$/, ending)}`),
    );
    const expected = [
      "LICENSE",
      "README.md",
      "package.json",
      ...sources.map((path) => `src/${path}`),
      ...compiled,
      ...Object.values(manifest.bin ?? {}).map((path) => path.replace(/^\.\//, "")),
    ];
    // The pages of the server are there once it is built, under names that change with what they hold.
    const files = filesOf(manifest.name).filter(
      (path) =>
        path !== "CHANGELOG.md" && !(manifest.name === "@onestep/server" && path.startsWith("playground/")),
    );
    expect(files).toEqual(expected.toSorted());
  });

  it("holds every file that its manifest points to", () => {
    const targets = [
      ...Object.values({ ...manifest.exports, ...manifest.imports })
        .flatMap((tree) => conditionLeaves(tree))
        .map(({ path }) => path),
      ...Object.values(manifest.bin ?? {}),
    ].map((path) => path.replace(/^\.\//, ""));
    expect(targets.filter((path) => !filesOf(manifest.name).includes(path))).toEqual([]);
  });
});

it("the package @onestep/emoji32 holds the checkpoint, its card and its licence, and what gives it to bundlers", () => {
  expect(filesOf("@onestep/emoji32").filter((path) => path !== "CHANGELOG.md")).toEqual([
    "ATTRIBUTION.md",
    "LICENSE",
    "README.md",
    "configs.js",
    "emoji32.d.ts",
    "emoji32.js",
    "emoji32.node.js",
    "model_index.json",
    "package.json",
    "reference-outputs.json",
    "scheduler/scheduler_config.json",
    "unet/config.json",
    "unet/diffusion_pytorch_model.safetensors",
  ]);
});
