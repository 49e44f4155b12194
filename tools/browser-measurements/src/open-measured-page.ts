import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findChromium, howToGetChromium } from "@onestep/vitest-setup/find-chromium";
import { chromium, type Page } from "playwright";
import { createServer, defaultClientConditions } from "vite";

/** A page in Chromium, and the web server that it comes from. */
export interface MeasuredPage {
  readonly page: Page;
  /** Calls what `pages/measure.ts` defines. */
  call(task: string, argument: unknown): Promise<unknown>;
  close(): Promise<void>;
}

/** Opens the page of this tool in Chromium, with a profile on disk that is new and goes away again. */
export async function openMeasuredPage(): Promise<MeasuredPage> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error(`There is no Chromium. ${howToGetChromium}`);
  const server = await createServer({
    configFile: false,
    logLevel: "error",
    root: fileURLToPath(new URL("../../..", import.meta.url)),
    resolve: { conditions: ["@onestep/source", ...defaultClientConditions] },
    optimizeDeps: { exclude: ["onnxruntime-web"], include: ["hash-wasm"] },
    server: {
      host: "127.0.0.1",
      port: 0,
      headers: {
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
      },
    },
  });
  await server.listen();
  const profile = await mkdtemp(join(tmpdir(), "onestep-measurements-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--enable-unsafe-webgpu"],
  });
  const address = server.httpServer?.address() as AddressInfo;
  const page = await context.newPage();
  page.on("console", (message) => {
    if (message.type() !== "debug") console.error(`  page: ${message.text()}`);
  });
  await page.goto(`http://127.0.0.1:${address.port}/tools/browser-measurements/src/pages/index.html`);
  await page.waitForFunction(() => "measure" in globalThis);
  return {
    page,
    call: (task, argument) =>
      page.evaluate(
        ([name, value]) => {
          const { measure } = globalThis as unknown as {
            measure: Readonly<Record<string, (argument: unknown) => Promise<unknown>>>;
          };
          return measure[name]?.(value);
        },
        [task, argument] as const,
      ),
    close: async () => {
      await context.close();
      await server.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
