import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { builtinModules, createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openChromium } from "@onestep/vitest-setup/open-chromium";
import { isolationHeaders, serveFolders } from "@onestep/vitest-setup/serve-folders";
import { ConsistencyModelPipeline } from "onestep";
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { esbuildBundler, viteBundler, webpackBundler } from "./bundlers/bundlers.ts";
import { generateInPage, type PageImage } from "./page/generate-in-page.ts";

const emoji32 = dirname(createRequire(import.meta.url).resolve("@onestep/emoji32/model_index.json"));
const options = { classLabels: 3, seed: 7, timesteps: [22, 0] };
const folders = new Map<string, string>();
let browser: Browser;
let inNode: readonly number[];
let temporary: string;

/** Opens the application in a page of its own, and says what came out and what was written to the console. */
async function visit<Result>(
  bundler: string,
  headers: Readonly<Record<string, string>>,
  use: (page: Page) => Promise<Result>,
): Promise<{ readonly result: Result; readonly console: readonly string[] }> {
  const server = await serveFolders({ "": folders.get(bundler) ?? "", emoji32 }, headers);
  const page = await browser.newPage();
  const messages: string[] = [];
  page.on("console", (message) => {
    // Chromium notes each 404: here that of the index of shards, which a checkpoint in one file does not have.
    if (!message.text().includes("status of 404")) messages.push(message.text());
  });
  try {
    await page.goto(server.url);
    return { result: await use(page), console: messages };
  } finally {
    await page.close();
    await server.close();
  }
}

function differenceFromNode({ pixels, message }: PageImage): number {
  if (pixels === undefined) throw new Error(message);
  expect(pixels).toHaveLength(inNode.length);
  return Math.max(...pixels.map((value, index) => Math.abs(value - (inNode[index] ?? Number.NaN))));
}

/** The modules of Node that a script names, where one imports, and with the scheme `node:` anywhere. */
function modulesOfNode(script: string): readonly string[] {
  const imported = script.matchAll(/\b(?:from|import|require)\s*\(?\s*["'`]([\w/]+)["'`]/g);
  const named = script.matchAll(/["'`](node:[\w/]+)["'`]/g);
  return [
    ...[...imported].map(([, module = ""]) => module).filter((module) => builtinModules.includes(module)),
    ...[...named].map(([, module = ""]) => module),
  ];
}

beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), "onestep-bundles-"));
  browser = await openChromium();
  await using pipe = await ConsistencyModelPipeline.fromPretrained(emoji32);
  const { images } = await pipe.generate(options);
  inNode = [...(images[0]?.data ?? [])];
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await rm(temporary, { recursive: true, force: true });
});

describe.each([viteBundler, webpackBundler, esbuildBundler])(
  "an application built with $name",
  ({ name, build }) => {
    beforeAll(async () => {
      folders.set(name, join(temporary, name));
      await build(join(temporary, name));
    }, 300_000);

    it("has no module of Node in it, but for what onnxruntime-web asks in Node alone", async () => {
      const folder = folders.get(name) ?? "";
      const scripts = (await readdir(folder, { recursive: true })).filter((path) => /\.m?js$/.test(path));
      expect(scripts.length).toBeGreaterThan(2);
      for (const script of scripts) {
        const text = await readFile(join(folder, script), "utf8");
        const allowed = text.includes("ort-wasm-simd-threaded")
          ? ["node:fs", "node:fs/promises", "node:os"]
          : [];
        expect(
          modulesOfNode(text).filter((module) => !allowed.includes(module)),
          script,
        ).toEqual([]);
      }
    });

    it("makes the image that Node makes, on two threads", async () => {
      const { result, console } = await visit(name, isolationHeaders, async (page) => {
        const image = await generateInPage(page, { device: "wasm", threads: 2 }, options);
        return { image, scripts: page.workers().length };
      });
      expect(differenceFromNode(result.image)).toBeLessThanOrEqual(1);
      expect(result.image.device).toBe("wasm");
      expect(console).toEqual([]);
    });

    it("brings the model that ships where a program imports it", async () => {
      const { result, console } = await visit(name, isolationHeaders, (page) =>
        generateInPage(page, { device: "wasm", threads: 2 }, options, "generateBundledImage"),
      );
      expect(differenceFromNode(result)).toBeLessThanOrEqual(1);
      expect(console).toEqual([]);
    });

    it("makes it in a page that is not isolated, on one thread, and says why", async () => {
      const { result, console } = await visit(name, {}, (page) =>
        generateInPage(page, { threads: 2 }, options),
      );
      expect(differenceFromNode(result)).toBeLessThanOrEqual(1);
      expect(result.device).toBe("wasm");
      expect(console).toEqual([
        expect.stringContaining("is not cross-origin isolated. Serve it with the headers"),
      ]);
    });
  },
);

it("tells an application that names no model how to take the one that ships along", async () => {
  const { result } = await visit("Vite", isolationHeaders, (page) =>
    generateInPage(page, { device: "wasm", threads: 1 }, options, "generateUnnamedImage"),
  );
  expect(result).toEqual({
    code: "unsupported",
    message: expect.stringContaining(
      'Write `import { emoji32 } from "onestep/emoji32";` and `fromPretrained(await emoji32())`',
    ),
  });
});

describe("an application whose server is not set up for it", () => {
  const page = "<!doctype html><title>Not found</title>";

  it.each([
    ["no wasm file", "**/*.wasm", { status: 404, body: "" }, "jspi.wasm: found an address where no file is"],
    [
      "a page in its place",
      "**/*.wasm",
      { contentType: "text/html", body: page },
      "jspi.wasm: found a file that is not wasm",
    ],
    ["no worker", "**/inference-worker-*.js", { status: 404, body: "" }, "found a script that does not load"],
  ])("says what is missing: %s", async (_name, pattern, answer, message) => {
    const { result } = await visit("Vite", isolationHeaders, async (page) => {
      await page.context().route(pattern, (route) => route.fulfill(answer));
      return generateInPage(page, { device: "wasm", threads: 1 }, options);
    });
    expect(result).toEqual({ code: "missing-runtime", message: expect.stringContaining(message) });
  });

  it("needs 'wasm-unsafe-eval' in its Content-Security-Policy, and nothing else", async () => {
    const visitWith = (policy: string) =>
      visit("Vite", { ...isolationHeaders, "Content-Security-Policy": policy }, (page) =>
        generateInPage(page, { device: "wasm", threads: 2 }, options),
      );
    const strict = await visitWith("default-src 'self'");
    expect(strict.result).toEqual({
      code: "missing-runtime",
      message: expect.stringContaining("expected 'wasm-unsafe-eval' in its `script-src`"),
    });
    const enough = await visitWith("default-src 'self'; script-src 'self' 'wasm-unsafe-eval'");
    expect(differenceFromNode(enough.result)).toBeLessThanOrEqual(1);
  });
});
