import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findChromium, howToGetChromium } from "@onestep/vitest-setup/find-chromium";
import { chromium } from "playwright";
import { build, preview } from "vite";
import {
  checkpointPath,
  exportedPath,
  type GraphName,
  type PageFunctions,
  type PageTask,
} from "../page/page-task.ts";

/** Passes through one graph. */
export interface Passes {
  readonly milliseconds: readonly number[];
  /** Time that processors spent in the processes of pages, for all passes together. */
  readonly processorMilliseconds: number;
}

/** A page with both graphs loaded. */
export interface BenchmarkPage {
  readonly largestDifference: number;
  run(name: GraphName, count: number): Promise<Passes>;
  close(): Promise<void>;
}

/** Chromium, and a server for it. */
export interface BenchmarkBrowser {
  readonly version: string;
  open(task: PageTask): Promise<BenchmarkPage>;
  close(): Promise<void>;
}

/** What makes a page cross-origin isolated, which threads need. */
const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/**
 * Builds the page for production, serves it beside a checkpoint and an exported graph, and starts Chromium.
 *
 * @param exported - The path of the graph that torch.onnx exported.
 */
export async function openBenchmarkBrowser(checkpoint: string, exported: string): Promise<BenchmarkBrowser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error(`There is no Chromium. ${howToGetChromium}`);
  const root = fileURLToPath(new URL("../../src/page/", import.meta.url));
  const folder = await mkdtemp(join(tmpdir(), "onestep-benchmark-page-"));
  await build({
    configFile: false,
    logLevel: "error",
    root,
    build: { outDir: folder, emptyOutDir: true, target: "esnext" },
  });
  const filter = (path: string): boolean => !path.includes("node_modules");
  await cp(checkpoint, join(folder, checkpointPath), { recursive: true, filter });
  await cp(exported, join(folder, exportedPath));
  const server = await preview({
    configFile: false,
    logLevel: "error",
    root,
    build: { outDir: folder },
    preview: { host: "127.0.0.1", port: 0, headers },
  });
  const url = server.resolvedUrls?.local[0] ?? "";
  const browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic"],
  });
  const protocol = await browser.newBrowserCDPSession();
  const processorTime = async (): Promise<number> => {
    const { processInfo } = await protocol.send("SystemInfo.getProcessInfo");
    return processInfo
      .filter(({ type }) => type === "renderer")
      .reduce((sum, { cpuTime }) => sum + 1000 * cpuTime, 0);
  };
  return {
    version: `Chromium ${browser.version()}`,
    async open(task) {
      const page = await browser.newPage();
      await page.goto(url);
      await page.waitForFunction(() => "loadGraphs" in globalThis);
      const largestDifference = await page.evaluate(
        (argument) => (globalThis as unknown as PageFunctions).loadGraphs(argument),
        task,
      );
      return {
        largestDifference,
        async run(name, count) {
          const before = await processorTime();
          const milliseconds = await page.evaluate(
            ([graph, passes]) => (globalThis as unknown as PageFunctions).runGraph(graph, passes),
            [name, count] as const,
          );
          return { milliseconds, processorMilliseconds: (await processorTime()) - before };
        },
        close: () => page.close(),
      };
    },
    async close() {
      await browser.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
