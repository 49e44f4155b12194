import { describe, expect, it } from "vitest";
import { executedFiles } from "./executed-files.ts";
import { importClosure, moduleOf, valueImports } from "./import-closure.ts";
import {
  dpmSolverStep,
  foldersOf,
  formatJourneys,
  fromPretrained,
  hubFile,
  type Journey,
} from "./journeys.ts";

/** Generous: programs run twice, in processes of their own. */
const timeout = 120_000;

describe("executedFiles", () => {
  it(
    "finds the files of which a function is called in the journey, and no others",
    async () => {
      const preparation = `
        import { RasterImage, Tensor } from "@onestep/core";
        const image = new RasterImage({ width: 1, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3) });`;
      const files = await executedFiles(preparation, 'new Tensor("float32", new Float32Array(2), [2]);');
      expect(files).toContain("packages/core/src/tensor/tensor.ts");
      expect(files).not.toContain("packages/core/src/image/raster-image.ts");
      expect(await executedFiles(preparation, "")).toEqual([]);
    },
    timeout,
  );

  it(
    "rejects where the program fails",
    async () => {
      await expect(executedFiles("", 'throw new Error("out of luck")')).rejects.toThrow("out of luck");
    },
    timeout,
  );
});

describe("importClosure", () => {
  it("follows values, by paths and by the names of Node, and no types", () => {
    const closure = importClosure("packages/runtime/src/session.ts");
    expect(closure).toContain("packages/runtime/src/backend.node.ts");
    expect(closure).toContain("packages/runtime/src/caller/worker-session.ts");
    expect(closure).not.toContain("packages/runtime/src/backend.browser.ts");
    expect(importClosure("packages/runtime/src/protocol.ts")).toEqual(["packages/runtime/src/protocol.ts"]);
    expect(importClosure("packages/runtime/src/session.ts", /caller/)).not.toContain(
      "packages/runtime/src/caller/worker-session.ts",
    );
  });

  it("knows which imports are of values", () => {
    const source = `
      import "./effect.ts";
      import value, { type A } from "./value.ts";
      import { type B, type C } from "./types.ts";
      import type { D } from "./type.ts";
      export { e } from "./e.ts";
      export type { F } from "./f.ts";
      export const later = () => import("./later.ts");
      const type: import("./g.ts").G = value;
    `;
    expect(valueImports(source)).toEqual(["./effect.ts", "./value.ts", "./e.ts", "./later.ts"]);
  });

  it("finds the source of an exported name", () => {
    const index = "packages/runtime/src/index.ts";
    expect(moduleOf(index, "createInferenceSession")).toBe("packages/runtime/src/session.ts");
    expect(() => moduleOf(index, "nothing")).toThrow("exports no nothing");
  });
});

it("formatJourneys writes a table", () => {
  const files = ["packages/a/src/b/c.ts", "packages/a/src/b/d.ts", "packages/a/src/e.ts"];
  expect(formatJourneys([{ name: "a", counted: "run", files }])).toBe(
    "| journey | counted | files | folders |\n|---|---|---|---|\n| a | run | 3 | 2 |\n",
  );
});

// A change that leads a reader through more files and folders than these moves a wall in the wrong direction.
describe("journeys", () => {
  it.each<
    readonly [
      name: string,
      take: () => Journey | Promise<Journey>,
      through: string,
      files: number,
      folders: number,
    ]
  >([
    ["fromPretrained", fromPretrained, "packages/runtime/src/worker/node/inference-worker.ts", 68, 15],
    ["hubFile", hubFile, "packages/hub/src/open-repository.ts", 35, 5],
    [
      "dpmSolverStep",
      dpmSolverStep,
      "packages/schedulers/src/schedulers/dpm-solver-multistep-scheduler.ts",
      5,
      3,
    ],
  ])(
    "%s goes through no more files and folders than it did",
    async (_name, take, through, mostFiles, mostFolders) => {
      const { files } = await take();
      expect(files).toContain(through);
      expect(files.length).toBeLessThanOrEqual(mostFiles);
      expect(foldersOf(files).length).toBeLessThanOrEqual(mostFolders);
    },
    timeout,
  );
});
