import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LoopbackRegistry, startLoopbackRegistry } from "./loopback-registry.ts";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, unknown>>;
}

const execute = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));
const manifests = readdirSync(join(root, "packages")).map(
  (folder): Manifest => JSON.parse(readFileSync(join(root, "packages", folder, "package.json"), "utf8")),
);
const withCode = manifests.filter(({ exports }) => "." in exports);

describe("a release", () => {
  const folder = mkdtempSync(join(tmpdir(), "onestep-release-"));
  const images = new Set<string>();
  let registry: LoopbackRegistry;
  let environment: NodeJS.ProcessEnv;

  async function run(directory: string, command: string, ...options: readonly string[]): Promise<string> {
    const { stdout } = await execute(command, options, {
      cwd: directory,
      env: environment,
      shell: process.platform === "win32",
    });
    return stdout;
  }

  /** An empty project that has one package installed, and nothing else. */
  async function projectWith(name: string, ...options: readonly string[]): Promise<string> {
    const project = mkdtempSync(join(folder, `${name.replace("/", "-")}-`));
    writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }));
    await run(project, "npm", "install", name, ...options);
    return project;
  }

  beforeAll(async () => {
    const { stdout: upstream } = await execute("npm", ["config", "get", "registry"], {
      cwd: root,
      shell: process.platform === "win32",
    });
    registry = await startLoopbackRegistry({
      names: manifests.map(({ name }) => name),
      upstream: upstream.trim(),
    });
    const npmrc = join(folder, "npmrc");
    const { host } = new URL(registry.url);
    writeFileSync(
      npmrc,
      `registry=${registry.url}\n//${host}/:_authToken=rehearsal\naudit=false\nfund=false\n`,
    );
    // What npm tells the scripts that it starts would win over the file.
    const inherited = Object.entries(process.env).filter(
      ([name]) => !/^npm_config_|^ONNXRUNTIME_NODE_INSTALL/i.test(name),
    );
    environment = {
      ...Object.fromEntries(inherited),
      npm_config_userconfig: npmrc,
      npm_config_registry: registry.url,
      // As users do it. The one that asks another host may fail; its package is optional.
      npm_config_ignore_scripts: "false",
      HF_HUB_OFFLINE: "1",
    };
    expect(await run(root, "npm", "config", "get", "registry")).toBe(`${registry.url}\n`);
    // As changesets does it, without the provenance that only continuous integration can state.
    for (const { name } of manifests) {
      await run(root, "npm", "publish", "--no-provenance", "--workspace", name);
    }
  });

  afterAll(async () => {
    await registry.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("publishes every package", () => {
    expect([...registry.published].sort()).toEqual(
      manifests.map(({ name, version }) => `${name}@${version}`).sort(),
    );
  });

  it.each(withCode)("of $name installs by itself and can be imported", async ({ name, version, bin }) => {
    const project = await projectWith(name);
    const program = `import(${JSON.stringify(name)}).then((module) => console.log(typeof module))`;
    expect(await run(project, process.execPath, "--eval", program)).toBe("object\n");
    const { dependencies } = JSON.parse(readFileSync(join(project, "package.json"), "utf8"));
    expect(dependencies).toEqual({ [name]: `^${version}` });
    for (const command of Object.keys(bin ?? {})) {
      expect(await run(project, "npx", "--no-install", command, "--help")).toContain(command);
    }
  });

  it.each([
    ["with everything", []],
    ["without optional packages", ["--omit=optional"]],
    ["without install scripts", ["--ignore-scripts"]],
  ])("makes one image however it is installed: %s", async (_how, options) => {
    const project = await projectWith("onestep", ...options);
    await run(
      project,
      "npx",
      "--no-install",
      "onestep",
      "generate",
      "--class-label",
      "0",
      "--seed",
      "0",
      "--out",
      "a.png",
    );
    const image = readFileSync(join(project, "a.png")).toString("base64");
    images.add(image);
    expect(images.size).toBe(1);
  });

  it("of @onestep/emoji32 installs by itself and says where its files are", async () => {
    const project = await projectWith("@onestep/emoji32");
    const program = `console.log(import.meta.resolve("@onestep/emoji32/model_index.json"))`;
    const address = await run(project, process.execPath, "--input-type=module", "--eval", program);
    const index = JSON.parse(readFileSync(new URL(address.trim()), "utf8"));
    expect(index._class_name).toBe("ConsistencyModelPipeline");
    const named = `import("@onestep/emoji32").then(async ({ emoji32 }) => console.log(await emoji32()))`;
    const place = (await run(project, process.execPath, "--eval", named)).trim();
    expect(join(place, "model_index.json")).toBe(fileURLToPath(address.trim()));
  });
});
