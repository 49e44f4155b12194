import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { root } from "./workspace.ts";

const everywhere = `
import * as core from "@onestep/core";
import * as internal from "@onestep/core/internal";
import * as files from "@onestep/core/internal/files";
import { emoji32 } from "@onestep/emoji32";
import * as hub from "@onestep/hub";
import * as models from "@onestep/models";
import * as pipelines from "@onestep/pipelines";
import * as runtime from "@onestep/runtime";
import * as schedulers from "@onestep/schedulers";
import { ConsistencyModelPipeline, type RasterImage } from "onestep";

export const all = { core, internal, files, emoji32, hub, models, pipelines, runtime, schedulers };
export const load = (): Promise<ConsistencyModelPipeline> => ConsistencyModelPipeline.fromPretrained();
export const space = (image: RasterImage): string => image.toImageData().colorSpace;
`;

const inPages = `
export const dropped = (transfer: DataTransfer, folder: FileSystemDirectoryHandle) => [
  ConsistencyModelPipeline.fromPretrained(transfer),
  ConsistencyModelPipeline.fromPretrained(folder, { web: { startWorker: (build) => new Worker(build) } }),
];
export const draw = (canvas: CanvasRenderingContext2D, image: RasterImage) =>
  canvas.putImageData(image.toImageData() as ImageData, 0, 0);
`;

/** What the compiler says of a program that uses the published types, which it checks as well. */
function compile(text: string, options: ts.CompilerOptions): readonly string[] {
  const path = join(root, "tools/workspace-checks/consumer.ts");
  const all: ts.CompilerOptions = { strict: true, noEmit: true, skipLibCheck: false, ...options };
  const host = ts.createCompilerHost(all);
  const { readFile, fileExists } = host;
  host.readFile = (name) => (name === path ? text : readFile.call(host, name));
  host.fileExists = (name) => name === path || fileExists.call(host, name);
  const program = ts.createProgram([path], all, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(
      ({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`,
    );
}

const { ESNext, NodeNext } = ts.ModuleKind;
const { Bundler } = ts.ModuleResolutionKind;
const target = ts.ScriptTarget.ES2022;

describe("the published types compile, with all that they refer to,", () => {
  it.each<[string, string, ts.CompilerOptions]>([
    [
      "in Node without the DOM",
      everywhere,
      { target, module: NodeNext, lib: ["lib.es2022.d.ts"], types: ["node"] },
    ],
    [
      "in a page without Node",
      everywhere + inPages,
      {
        target,
        module: ESNext,
        moduleResolution: Bundler,
        exactOptionalPropertyTypes: true,
        lib: ["lib.es2022.d.ts", "lib.dom.d.ts"],
        types: [],
      },
    ],
    [
      "in a worker of a page",
      everywhere,
      {
        target,
        module: ESNext,
        moduleResolution: Bundler,
        lib: ["lib.es2022.d.ts", "lib.webworker.d.ts"],
        types: [],
      },
    ],
  ])("%s", { timeout: 120_000 }, (_where, text, options) => {
    expect(compile(text, options)).toEqual([]);
  });
});
