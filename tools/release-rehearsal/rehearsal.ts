import { type ChildProcessByStdio, execFile, spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LoopbackRegistry, startLoopbackRegistry } from "./loopback-registry.ts";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, unknown>>;
}

const execute = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "onestep-release-"));
const release = join(folder, "release");

/** A copy of the repository, as it is now, for the release to change. */
async function copyRepository(): Promise<void> {
  const { stdout } = await execute("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
  });
  const paths = stdout.split("\0").filter((path) => path !== "");
  const built = readdirSync(join(root, "packages"))
    .flatMap((name) => [`packages/${name}/dist`, `packages/${name}/playground`])
    .filter((path) => existsSync(join(root, path)));
  for (const path of [...paths, ...built]) {
    cpSync(join(root, path), join(release, path), { recursive: true, force: true });
  }
  symlinkSync(join(root, "node_modules"), join(release, "node_modules"), "junction");
}

await copyRepository();
// As the workflow of releases does it.
await execute(process.execPath, [join(root, "node_modules/@changesets/cli/bin.js"), "version"], {
  cwd: release,
});
const manifests = readdirSync(join(release, "packages")).map(
  (name): Manifest => JSON.parse(readFileSync(join(release, "packages", name, "package.json"), "utf8")),
);
const withCode = manifests.filter(({ exports }) => "." in exports);

/** What programs of users look like to the compiler. */
const consumer = `import { ConsistencyModelPipeline, type RasterImage } from "onestep";

type Pipe = Awaited<ReturnType<typeof ConsistencyModelPipeline.fromPretrained>>;

export async function draw(pipe: Pipe, label: string): Promise<Response> {
  const { images } = await pipe.generate({ classLabels: label, seed: 0 });
  const image: RasterImage | undefined = images[0];
  if (image === undefined) throw new Error("no image");
  return new Response(await image.toPng());
}

const pipe: Pipe = await ConsistencyModelPipeline.fromPretrained();
console.log((await draw(pipe, "fox")).status);
`;

/** A service of a user's own, and a program that calls it through the AI SDK's provider. */
const serviceConsumer = `import { createOnestep } from "@onestep/ai-sdk";
import { createHandler, hashApiKey, type Handler, MemoryQueue } from "@onestep/server";
import { createFrontEnd, openQueue, openStorage, queueDashboard, startServer, startWorker } from "@onestep/server/node";

export async function serve(secret: string): Promise<string> {
  const handler: Handler = createHandler({
    models: { emoji32: {} },
    queue: new MemoryQueue(),
    keys: [await hashApiKey("alice", secret)],
  });
  const { url } = await startServer(handler, { port: 0 });
  return createOnestep({ baseURL: url + "/v1", apiKey: secret }).image("emoji32").modelId;
}

export async function spread(url: string): Promise<string> {
  const [queue, storage] = [await openQueue(url), await openStorage("folder")];
  const handler = createFrontEnd({ queue, storage });
  const models = async () => (await handler.workers.cards()).map(({ name }) => name);
  await queueDashboard(handler.app, { queue, models });
  return (await startWorker({ queue, storage, models: { emoji32: {} }, version: "1" })).id;
}
`;

/** Makes an image in the process, through the AI SDK. */
const generator = `import { onestep } from "@onestep/ai-sdk";
import { generateImage } from "ai";

const { image, providerMetadata } = await generateImage({
  model: onestep.image("@onestep/emoji32"),
  prompt: "fox",
  seed: 7,
});
await onestep.dispose();
console.log(image.mediaType, Buffer.from(image.base64, "base64").subarray(1, 4).toString(), JSON.stringify(providerMetadata.onestep.images));
`;

/** The first match in what a process writes to stdout; rejects with all of it if the process ends before. */
function findInOutput(
  child: ChildProcessByStdio<null, Readable, Readable>,
  pattern: RegExp,
): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    const read = (text: string): void => {
      output += text;
      const [found] = pattern.exec(output) ?? [];
      if (found !== undefined) resolve(found);
    };
    child.stdout.setEncoding("utf8").on("data", read);
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.once("close", () => reject(new Error(output)));
  });
}

describe("a release", () => {
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
      await run(release, "npm", "publish", "--no-provenance", "--workspace", name);
    }
  });

  afterAll(async () => {
    await registry.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(manifests)(
    "gives $name the version 0.1.0, and a changelog",
    ({ name, version, dependencies = {} }) => {
      expect(version).toBe("0.1.0");
      const own = manifests.map((manifest) => manifest.name);
      for (const [dependency, range] of Object.entries(dependencies)) {
        if (own.includes(dependency)) expect([dependency, range]).toEqual([dependency, "^0.1.0"]);
      }
      const place = join(release, "packages", name.replace("@onestep/", ""), "CHANGELOG.md");
      expect(readFileSync(place, "utf8")).toContain("## 0.1.0\n\n### Minor Changes\n");
    },
  );

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

  it("has types that a strict program without the DOM compiles with", async () => {
    const project = await projectWith("onestep");
    await run(project, "npm", "install", "typescript@6.0.3", "@types/node@20");
    writeFileSync(join(project, "program.ts"), consumer);
    const options = ["--strict", "--noEmit", "--lib", "es2024", "--target", "es2022", "--types", "node"];
    const modules = ["--module", "nodenext", "--skipLibCheck", "false"];
    await run(project, "npx", "--no-install", "tsc", ...options, ...modules, "program.ts");
    const wrong = `${consumer}await pipe.generate({ prompt: "an option of other pipelines" });`;
    writeFileSync(join(project, "wrong.ts"), wrong);
    const compile = run(project, "npx", "--no-install", "tsc", ...options, ...modules, "wrong.ts");
    await expect(compile).rejects.toMatchObject({
      stdout: expect.stringContaining("'prompt' does not exist"),
    });
  });

  it("of @onestep/server and @onestep/ai-sdk has types that a strict program compiles with", async () => {
    const project = await projectWith("@onestep/server");
    // The declarations of @ai-sdk/provider need the last one, which it does not bring along.
    const others = ["typescript@6.0.3", "@types/node@20", "@types/json-schema"];
    await run(project, "npm", "install", "@onestep/ai-sdk", ...others);
    writeFileSync(join(project, "program.ts"), serviceConsumer);
    const options = ["--strict", "--noEmit", "--lib", "es2024,dom,dom.iterable", "--target", "es2022"];
    const modules = ["--types", "node", "--module", "nodenext", "--skipLibCheck", "false"];
    await run(project, "npx", "--no-install", "tsc", ...options, ...modules, "program.ts");
  });

  it("serves images, and a page to make them", async () => {
    const project = await projectWith("onestep");
    const server = spawn("npx", ["--no-install", "onestep", "serve", "--port", "0"], {
      cwd: project,
      // npx ends without its child: both are in one group.
      detached: true,
      shell: process.platform === "win32",
      env: { ...environment, XDG_STATE_HOME: join(project, "state") },
      stdio: ["ignore", "pipe", "pipe"],
    });
    try {
      const url = await findInOutput(server, /http:\/\/127\.0\.0\.1:\d+(?= )/);
      const answer = await fetch(`${url}/v1/images/generations`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ prompt: "fox", seed: 7 }),
      });
      const { data } = (await answer.json()) as { data: { b64_json: string; seed: number }[] };
      expect(data.map(({ seed }) => seed)).toEqual([7]);
      expect(
        Buffer.from(data[0]?.b64_json ?? "", "base64")
          .subarray(1, 4)
          .toString(),
      ).toBe("PNG");
      const page = await (await fetch(url)).text();
      const [, script] = /<script[^>]* src="\.?(\/assets\/[^"]+)"/.exec(page) ?? [];
      expect((await fetch(`${url}${script}`)).headers.get("content-type")).toContain("text/javascript");
    } finally {
      if (process.platform === "win32" || server.pid === undefined) server.kill();
      else process.kill(-server.pid);
    }
  });

  it("makes images in the process through the AI SDK", async () => {
    const project = await projectWith("@onestep/ai-sdk");
    // onnxruntime-node's install script asks another host, for libraries of CUDA alone.
    const others = ["ai", "@onestep/emoji32", "onnxruntime-node"];
    await run(project, "npm", "install", "--ignore-scripts", ...others);
    writeFileSync(join(project, "generate.mjs"), generator);
    expect(await run(project, process.execPath, "generate.mjs")).toBe('image/png PNG [{"seed":7}]\n');
  });

  it("works in an application of Next.js, built by its default bundler", async () => {
    const project = join(folder, "nextjs");
    cpSync(join(root, "examples/nextjs"), project, { recursive: true });
    await run(project, "npm", "install");
    await run(project, "npm", "run", "build");
    const server = spawn(process.execPath, ["node_modules/next/dist/bin/next", "start", "--port", "0"], {
      cwd: project,
      env: environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    try {
      const address = await findInOutput(server, /http:\/\/localhost:\d+/);
      const response = await fetch(`${address}/image/fox?seed=0`);
      expect(response.headers.get("content-type")).toBe("image/png");
      expect(new Uint8Array(await response.arrayBuffer()).subarray(1, 4)).toEqual(Uint8Array.of(80, 78, 71));
      const refused = await fetch(`${address}/image/foks`);
      expect(refused.status).toBe(400);
      expect(await refused.json()).toMatchObject({ code: "invalid-argument" });
      expect(await (await fetch(address)).text()).toContain("/image/pizza?seed=0");
    } finally {
      server.kill();
    }
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
