import { type Config, InvalidArgumentError, type ProgressListener, UnsupportedError } from "@onestep/core";
import { nextTask, warn } from "@onestep/core/internal";
import { parsePythonJson } from "@onestep/core/internal/files";
import type { OptionNames } from "@onestep/core/internal/known-options";
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

/** The format to compute in: `"auto"` depends on the device and the checkpoint. */
export type RequestedPrecision = Precision | "auto";

/** How a model runs: its session options and compute format. */
export interface RunOptions extends InferenceSessionOptions {
  /**
   * The compute format, independent of how the weights are stored. `"auto"` (default) is float16 for float16 weights on a
   * GPU that supports it, and float32 otherwise. `"float16"` needs half the memory and is slightly less precise; norms,
   * softmax, timestep embeddings and the output stay in float32.
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

/** Checked options and available devices, determined once, before anything is fetched. */
export interface LoadPlan {
  readonly dtype: RequestedPrecision;
  readonly session: SessionPlan;
}

/** A device and a compute format, chosen together. */
export interface Placement {
  readonly device: Device;
  readonly dtype: Precision;
}

/**
 * Checks the run options and finds the devices.
 *
 * @throws InvalidArgumentError if an option is invalid; UnsupportedError if the device or compute format is not available.
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
 * Chooses the device and compute format of a model: the first device that can hold its largest weight in that device's
 * compute format.
 *
 * @param subject - The model's name in messages.
 * @param stored - The formats of its weights, once known; before that, `"auto"` means the smallest format of a device, so
 * that no model that fits is rejected.
 * @throws UnsupportedError if no device can hold the largest weight.
 * @throws OutOfMemoryError if the device can never hold all of them.
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
  if (stored === undefined) warnOfMemory(subject, byteCount, session.backend.memory?.(device));
  return { device, dtype };
}

/** Warns, before weights are fetched, that a machine cannot hold them; it may still page them in from the disk. */
function warnOfMemory(subject: string, byteCount: number, memory: number | undefined): void {
  if (memory === undefined || byteCount <= memory) return;
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  warn(
    `The weights of ${subject} take ${gigabytes(byteCount)} in the format that they are computed in, and there are ${gigabytes(memory)} of memory, for all programs together. Running the model will be slow, or the system will end the process. Take a smaller model, or a machine or container with more memory.`,
    "runtime",
  );
}

/**
 * A progress listener that aborts the transfer of a weights file too large for the device, before the first byte.
 *
 * @param onProgress - Another listener to call.
 * @throws OutOfMemoryError for such a file.
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
 * Checks that a device supports the requested format, before anything is fetched.
 *
 * @throws UnsupportedError if it does not.
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

/** How a model is loaded and run. */
export interface LoadModelOptions extends RunOptions {
  /** Folder of the model in the repository (`unet`); the root by default. */
  readonly subfolder?: string | undefined;
  /** The variant of the weights to load: `"fp16"` for `diffusion_pytorch_model.fp16.safetensors`. */
  readonly variant?: string | undefined;
  /** The entry of a torch weights file to load (`"ema"`), if it holds several state dicts. */
  readonly stateDictKey?: string | undefined;
}

/** The parts of a loaded model. */
export interface LoadedModel<Values extends object> {
  readonly config: Config<Values>;
  readonly checkpoint: Checkpoint;
  readonly graphs: ModelGraphs;
  readonly dtype: Precision;
  /** The session for the config's symbols. */
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
  // Reports unsupported or oversized models before fetching weights, unless the weights must complete the config.
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

/** A model with known config and arrays, not yet started. */
export interface FoundModel<Values extends object> {
  /** Its name in messages. */
  readonly name: string;
  readonly config: Config<Values>;
  /** The graphs for that config, if already defined. */
  readonly graphs?: ModelGraphs | undefined;
  readonly found: Checkpoint;
}

/** Matches a checkpoint's arrays to the graph's weights and starts the first session. */
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

/** The graph of a method for a size: the general graph, or one defined for an odd size. */
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
