import { schedulerClasses } from "@onestep/schedulers";

/** A program, and its maximum size in bytes. */
export interface Budget {
  readonly name: string;
  readonly program: string;
  /** Minified and compressed, without lazily loaded code. */
  readonly bytes: number;
}

function everythingOf(name: string, bytes: number): Budget {
  return { name: `${name}, all of it`, program: `export * from ${JSON.stringify(name)};`, bytes };
}

/** The bundle size for users of the packages, from a single scheduler to everything. */
export const budgets: readonly Budget[] = [
  ...schedulerClasses.map(({ className }) => ({
    name: `${className} of @onestep/schedulers`,
    program: `export { ${className} } from "@onestep/schedulers";`,
    bytes: 15_000,
  })),
  {
    name: "ConsistencyModelPipeline of onestep",
    program: 'export { ConsistencyModelPipeline } from "onestep";',
    bytes: 133_000,
  },
  {
    name: "LatentConsistencyModelPipeline of onestep",
    program: 'export { LatentConsistencyModelPipeline } from "onestep";',
    bytes: 169_000,
  },
  everythingOf("@onestep/core", 30_000),
  everythingOf("@onestep/hub", 31_200),
  everythingOf("@onestep/schedulers", 45_000),
  everythingOf("@onestep/graph", 6_800),
  // With the lowering, which models had before.
  everythingOf("@onestep/runtime", 16_500),
  everythingOf("@onestep/models", 104_500),
  everythingOf("@onestep/pipelines", 188_700),
  everythingOf("onestep", 189_700),
  {
    name: "the worker, with onnxruntime-web's scripts",
    program: 'import "@onestep/runtime/inference-worker-jspi";',
    bytes: 45_000,
  },
];
