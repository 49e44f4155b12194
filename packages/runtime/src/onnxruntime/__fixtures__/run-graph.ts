import type { Tensor } from "@onestep/core";
import {
  type DType,
  defineGraph,
  type Graph,
  type GraphDType,
  type Scope,
  specialise,
  type Value,
} from "@onestep/graph";
import { createInferenceSession } from "../../session.ts";
import type { StoredFile, StoredWeight } from "../../stored-weight.ts";

/** An array as a checkpoint stores it. */
export interface StoredArray {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where the array is only a part of the bytes. */
  readonly place?: Pick<StoredWeight, "offset" | "length" | "interleaved">;
}

/** Bytes as the runtime reads them: on the disk in Node, in a `Blob` in a browser. */
export async function placeFile(
  bytes: Uint8Array<ArrayBuffer>,
): Promise<{ readonly file: StoredFile; readonly remove: () => Promise<void> }> {
  const blob = new Blob([bytes]);
  const read = async (start: number, end: number): Promise<Uint8Array> => bytes.slice(start, end);
  const content = { path: "weights.bin", size: bytes.length, read };
  if ("document" in globalThis) return { file: { ...content, blob }, remove: async () => {} };
  const [{ mkdtemp, realpath, rm, writeFile }, { tmpdir }, { join }] = await Promise.all([
    import("node:fs/promises"),
    import("node:os"),
    import("node:path"),
  ]);
  const folder = await realpath(await mkdtemp(join(tmpdir(), "onestep-graph-")));
  const localPath = join(folder, "weights.bin");
  await writeFile(localPath, bytes);
  return {
    file: { ...content, localPath },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Runs a graph once on onnxruntime; inputs of other shapes than its symbols can be run one after the other. */
export async function runGraph(
  define: (scope: Scope) => Value,
  runs: readonly Readonly<Record<string, Tensor>>[],
  options: {
    readonly arrays?: Readonly<Record<string, StoredArray>>;
    readonly dtype?: GraphDType;
  } = {},
): Promise<readonly Tensor[]> {
  const { arrays = {}, dtype = "float32" } = options;
  const graph = specialise(
    defineGraph((scope) => ({ y: define(scope) })),
    { dtype },
  );
  const weights = new Map<string, StoredWeight>();
  const removals: (() => Promise<void>)[] = [];
  try {
    for (const [name, { dtype: stored, shape, bytes, place }] of Object.entries(arrays)) {
      const { file, remove } = await placeFile(bytes);
      removals.push(remove);
      weights.set(name, { dtype: stored, shape, file, offset: 0, length: bytes.length, ...place });
    }
    await using session = await openSession(graph, weights);
    const outputs: Tensor[] = [];
    for (const inputs of runs) outputs.push((await session.run(inputs))["y"] as Tensor);
    return outputs;
  } finally {
    for (const remove of removals) await remove();
  }
}

async function openSession(
  graph: Graph,
  weights: ReadonlyMap<string, StoredWeight>,
): Promise<AsyncDisposable & Pick<Awaited<ReturnType<typeof createInferenceSession>>, "run">> {
  const session = await createInferenceSession({ graph, weights }, { threads: 1 });
  return {
    run: (inputs, options) => session.run(inputs, options),
    [Symbol.asyncDispose]: () => session.dispose(),
  };
}
