import type { Config } from "@onestep/core";
import { nextTask } from "@onestep/core/internal";
import { parsePythonJson } from "@onestep/core/internal/files";
import { type Graph, specialise } from "@onestep/graph";
import type { Repository } from "@onestep/hub";
import { type InferenceSession, type Precision, startSession } from "@onestep/runtime";
import type { Checkpoint } from "./checkpoint/checkpoint.ts";
import { matchWeights } from "./checkpoint/match-weights.ts";
import { openCheckpoint } from "./checkpoint/open-checkpoint.ts";
import {
  defineMethods,
  defineModel,
  listWeights,
  type ModelDefinition,
  type ModelGraphs,
  mainMethod,
} from "./definition.ts";
import { type LoadPlan, placeModel, planLoad, type RunOptions } from "./load-plan.ts";

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
