import { type Config, InvalidArgumentError, type ProgressListener, UnsupportedError } from "@onestep/core";
import { nextTask, type OptionNames } from "@onestep/core/internal";
import { parsePythonJson } from "@onestep/core/internal/files";
import { byteLength, type Graph, specialise } from "@onestep/graph";
import type { Repository } from "@onestep/hub";
import {
  checkWeightsFit,
  chooseDevice,
  type Device,
  type InferenceSession,
  type InferenceSessionOptions,
  type Precision,
  planSession,
  type SessionPlan,
  startSession,
} from "@onestep/runtime";
import type { Checkpoint, CheckpointTensor } from "./checkpoint/checkpoint.ts";
import { matchWeights } from "./checkpoint/match-weights.ts";
import { openCheckpoint } from "./checkpoint/open-checkpoint.ts";
import {
  defineMethods,
  defineModel,
  type ExpectedWeight,
  listWeights,
  type ModelDefinition,
  type ModelGraphs,
  mainMethod,
} from "./definition.ts";

/** What a model is to compute in: `"auto"` leaves it to device and checkpoint. */
export type RequestedPrecision = Precision | "auto";

/** Where a model runs, and how: the options of its sessions, and what it computes in. */
export interface RunOptions extends InferenceSessionOptions {
  /**
   * What to compute in, whatever the weights are stored in. `"auto"` (default) is float32, but for weights in float16 on a
   * GPU that computes in it. `"float16"` takes half of the memory of `"float32"` there, and is a little less exact;
   * norms, softmax, the embedding of timesteps and the output stay in float32.
   */
  readonly dtype?: RequestedPrecision | undefined;
  readonly onProgress?: ProgressListener | undefined;
}

/** The names of {@link RunOptions}. */
export const runOptionNames: OptionNames<RunOptions> = {
  device: true,
  threads: true,
  optimizeFor: true,
  web: true,
  backend: true,
  dtype: true,
  onProgress: true,
  signal: true,
};

/** How a model is loaded: its options checked and the devices found, once, before anything is fetched. */
export interface LoadPlan {
  readonly dtype: RequestedPrecision;
  readonly session: SessionPlan;
}

/** Where a model runs and what it computes in, decided together. */
export interface Placement {
  readonly device: Device;
  readonly dtype: Precision;
}

/**
 * Checks how a model is to run, and finds the devices.
 *
 * @throws InvalidArgumentError where an option is wrong; UnsupportedError where the device, or what it is to compute in, is
 * not available here.
 */
export async function planLoad(options: RunOptions): Promise<LoadPlan> {
  const { device, dtype = "auto", threads, optimizeFor, web, signal, backend } = options;
  checkDataType(dtype);
  const session = await planSession({ device, threads, optimizeFor, web, signal, backend });
  const chosen = chooseDevice(session);
  checkPrecision(dtype, chosen.device, chosen.precisions);
  return { dtype, session };
}

/**
 * Decides where a model runs and what it computes in: the first device that holds its largest weight, in the format that it
 * computes in there.
 *
 * @param subject - What messages call the model.
 * @param stored - The formats of its weights, once they are known; before that, `"auto"` stands for the smallest that a
 * device has, so that nothing is refused that would fit.
 * @throws UnsupportedError where no device holds the largest weight.
 * @throws OutOfMemoryError where the device can never hold all of them.
 */
export function placeModel(
  { dtype: requested, session }: LoadPlan,
  subject: string,
  weights: readonly ExpectedWeight[],
  stored?: Iterable<Pick<CheckpointTensor, "dtype">>,
): Placement {
  const isHalf = stored === undefined || [...stored].every(({ dtype }) => dtype === "float16");
  const dtypeOn = (precisions: readonly Precision[]): Precision =>
    requested === "auto" ? (isHalf && precisions.includes("float16") ? "float16" : "float32") : requested;
  const { device, precisions } = chooseDevice(session, (available) =>
    Math.max(0, ...weights.map(({ shape }) => byteLength(dtypeOn(available), shape))),
  );
  checkPrecision(requested, device, precisions);
  const dtype = dtypeOn(precisions);
  const byteCount = weights.reduce((total, { shape }) => total + byteLength(dtype, shape), 0);
  checkWeightsFit({ subject: `weights of ${subject}`, byteCount, device });
  return { device, dtype };
}

/**
 * A listener that stops the transfer of a file of weights that its device cannot hold, before the first byte.
 *
 * @param onProgress - Who else listens.
 * @throws OutOfMemoryError, when it is told of such a file.
 */
export function stopAtMisfits(
  onProgress: ProgressListener | undefined,
  { session }: LoadPlan,
): ProgressListener {
  const { device } = chooseDevice(session);
  return (event) => {
    if (event.type === "file-start" && event.totalBytes !== undefined && event.cached !== true) {
      checkWeightsFit({ subject: event.file, byteCount: event.totalBytes, device });
    }
    onProgress?.(event);
  };
}

function checkDataType(dtype: string): void {
  if (dtype === "auto" || dtype === "float32" || dtype === "float16") return;
  throw new InvalidArgumentError({
    subject: "dtype",
    found: JSON.stringify(dtype),
    expected: '"auto", "float32" or "float16"',
    remedy: "Pass one of these; the weights may be stored in any type.",
  });
}

/**
 * Checks that a device computes in what was asked for, before anything is fetched.
 *
 * @throws UnsupportedError where it does not.
 */
export function checkPrecision(
  requested: RequestedPrecision,
  device: Device,
  available: readonly Precision[],
): void {
  if (requested === "auto" || available.includes(requested)) return;
  throw new UnsupportedError({
    subject: "dtype",
    found: `"${requested}" on the device "${device}", ${reasons[device]}`,
    expected: `"auto" or ${available.map((precision) => `"${precision}"`).join(" or ")}`,
    remedy:
      "Leave `dtype` out: the weights are used in whatever type they are stored in, and computed with in float32.",
  });
}

const reasons: Readonly<Record<Device, string>> = {
  cpu: "where it would be slower than float32 and less exact",
  wasm: "where it would be slower than float32 and less exact",
  webgpu: "whose GPU does not offer the feature shader-f16",
};

/** Where a model runs and how it is loaded. */
export interface LoadModelOptions extends RunOptions {
  /** Folder of the model in the repository (`unet`); the root by default. */
  readonly subfolder?: string | undefined;
  /** Which of several weights files to take: `"fp16"` for `diffusion_pytorch_model.fp16.safetensors`. */
  readonly variant?: string | undefined;
  /** The entry of a weights file of torch to take the arrays from (`"ema"`), where it holds several sets of them. */
  readonly stateDictKey?: string | undefined;
}

/** What a model is made of when it is loaded. */
export interface LoadedModel<Values extends object> {
  readonly config: Config<Values>;
  readonly checkpoint: Checkpoint;
  readonly graphs: ModelGraphs;
  readonly dtype: Precision;
  /** The session for the symbols of the config. */
  readonly session: InferenceSession;
  /** These symbols. */
  readonly symbols: Readonly<Record<string, number>>;
  readonly plan: LoadPlan["session"];
}

/** Loads a model from a repository; the graph is defined once. See `Model.fromPretrained`. */
export async function loadModel<Values extends object>(
  definition: ModelDefinition<Values>,
  repository: Repository,
  options: LoadModelOptions,
): Promise<LoadedModel<Values>> {
  const { subfolder = "", variant, stateDictKey, signal, onProgress } = options;
  const plan = await planLoad(options);
  const folder = subfolder === "" ? "" : `${subfolder}/`;
  const configFile = await repository.get(`${folder}config.json`, { signal, onProgress });
  const configName = `${configFile.path} of ${repository.name}`;
  const configText = await configFile.text({ signal });
  const declared = definition.configSchema.fromJson(parsePythonJson(configText, configName), configName);
  // What cannot be built or held is told before the weights are fetched, unless these have to complete the config.
  let graphs: ModelGraphs | undefined;
  if (definition.isIncomplete?.(declared) !== true) {
    graphs = defineMethods(definition, declared);
    placeModel(plan, repository.name, listWeights(...graphs.values()));
  }
  const names = definition.weightsNames;
  const found = await openCheckpoint(repository, {
    ...{ subfolder, variant, stateDictKey, names },
    ...{ signal, onProgress },
  });
  const config = definition.completeConfig?.(declared, found.tensors.keys()) ?? declared;
  return startModel(definition, { name: repository.name, config, graphs, found }, plan);
}

/** A model whose config and arrays are known, before it is started. */
export interface FoundModel<Values extends object> {
  /** What messages call it. */
  readonly name: string;
  readonly config: Config<Values>;
  /** The graphs of that config, where they were defined already. */
  readonly graphs?: ModelGraphs | undefined;
  readonly found: Checkpoint;
}

/** Matches the arrays of a checkpoint with the weights that a graph needs, and starts its first session. */
export async function startModel<Values extends object>(
  definition: ModelDefinition<Values>,
  { name, config, found, ...rest }: FoundModel<Values>,
  plan: LoadPlan,
): Promise<LoadedModel<Values>> {
  const graphs = rest.graphs ?? defineMethods(definition, config);
  const expected = listWeights(...graphs.values());
  await nextTask();
  const tensors = matchWeights(`weights of ${name}`, expected, found.tensors, definition);
  const { device, dtype } = placeModel(plan, name, expected, tensors.values());
  await nextTask();
  const symbols = definition.symbols?.(config) ?? {};
  const graph = graphFor(definition, config, graphs, { method: mainMethod, symbols });
  const specialised = specialise(graph, { symbols, dtype });
  await nextTask();
  const session = await startSession({ graph: specialised, weights: tensors }, plan.session, device);
  const checkpoint = { files: found.files, tensors };
  return { config, checkpoint, graphs, dtype, session, symbols, plan: plan.session };
}

/** The graph of a method, for a size: the general one, or one that is defined for odd sizes. */
export function graphFor<Values extends object>(
  definition: ModelDefinition<Values>,
  config: Config<Values>,
  graphs: ModelGraphs,
  { method, symbols }: { readonly method: string; readonly symbols: Readonly<Record<string, number>> },
): Graph {
  const general = graphs.get(method);
  return general === undefined || definition.isOddSize?.(config, symbols) === true
    ? defineModel(definition, config, { method, symbols })
    : general;
}
