import { existsSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { MissingRuntimeError } from "../../errors.ts";
import { findWorkerScript } from "./start-worker.ts";

describe("findWorkerScript", () => {
  it("finds the script from the sources and from dist", () => {
    const fromSource = findWorkerScript();
    expect(existsSync(fromSource)).toBe(true);
    const compiled = new URL("../../../dist/caller/node/start-worker.js", import.meta.url).href;
    expect(findWorkerScript(compiled)).toEqual(fromSource);
  });

  it.each([
    ["an ES module", new URL("../../../../../out/app.mjs", import.meta.url).href],
    ["CommonJS, where nothing says where the bundle is", ""],
    ["a module of a bundler of its own", "webpack-internal:///app.js"],
  ])("finds the script of the installed package from a bundle: %s", (_kind, base) => {
    expect(findWorkerScript(base).pathname).toMatch(/runtime\/dist\/worker\/node\/inference-worker\.js$/);
  });

  it.each([
    ["an ES module", "file:///onestep-test/app.mjs", "/dist/worker/node/inference-worker.js"],
    ["CommonJS", "", "a place that this bundle knows"],
  ])("says what to leave out of the bundle where there is no package: %s", (_kind, base, named) => {
    vi.spyOn(process, "cwd").mockReturnValue("/onestep-test");
    const find = (): URL => findWorkerScript(base);
    expect(find).toThrow(MissingRuntimeError);
    expect(find).toThrow(named);
    expect(find).toThrow("Leave @onestep/runtime and onnxruntime-node out of the bundle");
  });
});
