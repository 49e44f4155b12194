import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { openChromium } from "@onestep/vitest-setup/open-chromium";
import { type FolderServer, isolationHeaders, serveFolders } from "@onestep/vitest-setup/serve-folders";
import type { Browser, Frame, Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const guide = await readFile(join(root, "docs/guides/browser.md"), "utf8");
const snippets = [...guide.matchAll(/```js\n(.*?)```/gs)].map(([, text = ""]) => text);
const esbuildScript = snippets.find((text) => text.includes("entryPoints")) ?? "";
const fromCdn = (snippets.find((text) => text.includes("cdn.example")) ?? "")
  .replace('"https://cdn.example/app/"', "globalThis.cdn")
  .replace("https://cdn.example/app/", ["$", "{globalThis.cdn}"].join(""));
const byPolicy = snippets.find((text) => text.includes("trustedTypes")) ?? "";

/** A program that makes an image as it comes, and in the two ways of the guide. */
const program = `
import { ConsistencyModelPipeline, OnestepError } from "onestep";
import { emoji32 } from "onestep/emoji32";
const finish = async (pipe) => {
  const { images } = await pipe.generate({ classLabels: 3, seed: 0 });
  await pipe.dispose();
  return "made " + images[0].width;
};
const explain = (error) => (OnestepError.isInstance(error) ? error.name + ": " : "RAW ") + error.message;
const ways = {
  plain: async (model) => finish(await ConsistencyModelPipeline.fromPretrained(model)),
  cdn: async (model) => { ${fromCdn}; return finish(pipe); },
  policy: async (model) => {
    ${byPolicy};
    return finish(await ConsistencyModelPipeline.fromPretrained(model, { web: { startWorker }, threads: 1 }));
  },
};
globalThis.make = async (way) => ways[way](await emoji32()).catch(explain);
`;

let folder: string;
let browser: Browser;
const servers: FolderServer[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-refused-worker-"));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  const files = { "main.js": program, "build.js": esbuildScript, "package.json": '{ "type": "module" }' };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  await promisify(execFile)(process.execPath, ["build.js"], { cwd: folder });
  await writeFile(
    join(folder, "dist/index.html"),
    '<!doctype html><script type="module" src="main.js"></script>',
  );
  browser = await openChromium();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  for (const server of servers) await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function serve(headers: Parameters<typeof serveFolders>[1]): Promise<string> {
  const server = await serveFolders({ "": join(folder, "dist") }, headers);
  servers.push(server);
  return server.url;
}

/** Opens a page and has it, or the frame in it, make an image. */
async function make(
  url: string,
  way: string,
  cdn?: string,
  choose = (page: Page): Frame | undefined => page.mainFrame(),
) {
  const page = await browser.newPage();
  try {
    await page.goto(url);
    const frame = choose(page);
    await frame?.waitForFunction(() => "make" in globalThis);
    return await frame?.evaluate(`globalThis.cdn = ${JSON.stringify(cdn)}; make(${JSON.stringify(way)})`);
  } finally {
    await page.close();
  }
}

const shared = {
  "Access-Control-Allow-Origin": "*",
  "Cross-Origin-Resource-Policy": "cross-origin",
};

describe.each([
  ["a page", {}],
  ["a page that is cross-origin isolated", isolationHeaders],
])("%s", (_name, headers) => {
  it("whose scripts are on a CDN says what helps, and does as the guide says", {
    timeout: 120_000,
  }, async () => {
    const cdn = await serve(shared);
    await writeFile(
      join(folder, "dist/cdn.html"),
      `<!doctype html><script type="module" src="${cdn}main.js" crossorigin></script>`,
    );
    const url = `${await serve({ ...shared, ...headers })}cdn.html`;
    expect(await make(url, "plain", cdn)).toMatch(
      /^MissingRuntimeError: .*another origin.*web\.startWorker/s,
    );
    expect(await make(url, "cdn", cdn)).toBe("made 32");
  });

  it("under Trusted Types says what helps, and does as the guide says", { timeout: 120_000 }, async () => {
    const url = await serve({
      "Content-Security-Policy": "require-trusted-types-for 'script'",
      ...headers,
    });
    expect(await make(url, "plain")).toMatch(/^MissingRuntimeError: .*Trusted Types.*`threads: 1`/s);
    expect(await make(url, "policy")).toBe("made 32");
  });
});

const credentialless = { ...isolationHeaders, "Cross-Origin-Embedder-Policy": "credentialless" };

describe("an isolated page whose scripts come", () => {
  it.each([
    ["without the headers", isolationHeaders, {}],
    ["without the headers, credentialless itself", credentialless, {}],
    ["with one of the headers", isolationHeaders, { "Cross-Origin-Opener-Policy": "same-origin" }],
  ])("%s says which is missing", { timeout: 60_000 }, async (_name, ofPage, ofScripts) => {
    const url = await serve((path) => (path === "" ? ofPage : ofScripts));
    expect(await make(url, "plain")).toMatch(
      /^MissingRuntimeError: .*cross-origin isolated, so the script itself must be served with `Cross-Origin-Embedder-Policy`/s,
    );
  });

  it("with the headers makes images", { timeout: 60_000 }, async () => {
    expect(await make(await serve(isolationHeaders), "plain")).toBe("made 32");
  });
});

it("a sandboxed frame says what it needs", { timeout: 60_000 }, async () => {
  await writeFile(
    join(folder, "dist/frame.html"),
    '<!doctype html><iframe sandbox="allow-scripts" src="/index.html"></iframe>',
  );
  const url = `${await serve(shared)}frame.html`;
  const message = await make(url, "plain", undefined, (page) => page.frames()[1]);
  expect(message).toMatch(/^MissingRuntimeError: .*allow-same-origin/s);
});

it("a shared worker says that it has no workers", { timeout: 60_000 }, async () => {
  await writeFile(
    join(folder, "dist/shared.js"),
    'import "./main.js"; onconnect = async ({ ports: [port] }) => port.postMessage(await make("plain"));',
  );
  await writeFile(
    join(folder, "dist/shared.html"),
    `<!doctype html><script type="module">globalThis.make = () => new Promise((resolve) => {
      new SharedWorker("/shared.js", { type: "module" }).port.onmessage = ({ data }) => resolve(data);
    });</script>`,
  );
  expect(await make(`${await serve({})}shared.html`, "plain")).toMatch(
    /^UnsupportedError: .*a shared or a service worker/s,
  );
});
