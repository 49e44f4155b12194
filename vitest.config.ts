import { playwright } from "@vitest/browser-playwright";
import { defaultClientConditions, defaultServerConditions } from "vite";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { CountingReporter } from "./tools/vitest/counting-reporter.ts";
import { findChromium, howToGetChromium } from "./tools/vitest/find-chromium.ts";

const conditions = ["@onestep/source"];
const outside = ["**/node_modules/**", "**/dist/**"];
const chromium = findChromium();

const node: TestProjectInlineConfiguration = {
  extends: true,
  test: {
    name: "node",
    environment: "node",
    include: [
      "packages/*/src/**/*.test.ts",
      "tools/*/src/**/*.test.ts",
      "tools/*/*.test.ts",
      "examples/*.test.ts",
      "examples/*/src/**/*.test.ts",
    ],
    exclude: ["**/*.{browser,page}.test.ts", ...outside],
    testTimeout: 30_000,
    globalSetup: ["tools/vitest/build-packages.ts"],
  },
};

/** Tests in Node that open pages in Chromium, as a person does. */
const pages: TestProjectInlineConfiguration = {
  extends: true,
  test: {
    name: "pages",
    environment: "node",
    include: ["{tools,examples}/**/*.page.test.ts"],
    exclude: outside,
    testTimeout: 60_000,
    globalSetup: ["tools/vitest/build-packages.ts"],
  },
};

const chromiumOptions = (executablePath: string): Parameters<typeof playwright>[0] => ({
  launchOptions: {
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--enable-unsafe-webgpu",
    ],
  },
});

/** Which browser the tests of packages run in, in place of Chromium: playwright's `firefox` or `webkit`. */
const otherBrowser = (["firefox", "webkit"] as const).find((name) => name === process.env["TEST_BROWSER"]);

const browser = (executablePath: string): TestProjectInlineConfiguration => ({
  extends: true,
  // Makes the page cross-origin isolated, which SharedArrayBuffer needs.
  server: {
    headers: {
      "Cross-Origin-Opener-Policy": "same-origin",
      "Cross-Origin-Embedder-Policy": "require-corp",
    },
  },
  // Its wasm files lie beside its scripts, and would not be found beside a copy.
  optimizeDeps: { exclude: ["onnxruntime-web"] },
  test: {
    name: "browser",
    include: ["packages/*/src/**/*.test.ts", "tools/**/*.browser.test.ts"],
    exclude: ["**/*.{node,page}.test.ts", ...outside],
    testTimeout: 60_000,
    globalSetup: ["tools/vitest/serve-fake-hub.ts"],
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: otherBrowser === undefined ? playwright(chromiumOptions(executablePath)) : playwright(),
      instances: [{ browser: otherBrowser ?? "chromium" }],
    },
  },
});

export default defineConfig({
  resolve: { conditions: [...conditions, ...defaultClientConditions] },
  ssr: { resolve: { conditions: [...conditions, ...defaultServerConditions] } },
  test: {
    restoreMocks: true,
    unstubEnvs: true,
    unstubGlobals: true,
    projects: chromium === undefined ? [node] : [node, browser(chromium), pages],
    reporters: [
      "default",
      new CountingReporter(
        chromium === undefined ? [`browser: not run, no Chromium was found. ${howToGetChromium}`] : [],
      ),
    ],
  },
});
