import { type Config, InvalidConfigError, type PythonJson, type Tensor } from "@onestep/core";
import { defineGraph, type Graph, GraphError, nameOf, type Scope, type Value } from "@onestep/graph";
import type { WeightsNames } from "./checkpoint/weights-file-names.ts";

/**
 * Declares the inputs and weights of a network through the scope, and returns its outputs by name.
 *
 * @param symbols - Values of symbols, if the graph is defined for one size; see {@link ModelDefinition.isOddSize}.
 */
export type DefineMethod<Values extends object> = (
  scope: Scope,
  config: Values,
  symbols: Readonly<Record<string, number>>,
) => Readonly<Record<string, Value>>;

/** The method defined by {@link ModelDefinition.define}. */
export const mainMethod = "forward";

/** Defines a kind of model. `Values` are the fields of its `config.json`, in camelCase. */
export interface ModelDefinition<Values extends object> {
  /** diffusers' class name: `"UNet2DModel"`. */
  readonly className: string;
  /** Reads `config.json`; a `ConfigSchema`. */
  readonly configSchema: {
    fromJson(document: PythonJson, source: string): Config<Values>;
  };
  /**
   * Defines the network: declares its inputs and weights through the scope, and returns its outputs by name. The single
   * source of the topology: a checkpoint must contain the weights declared here.
   *
   * @throws GraphError if shapes do not fit; rethrown as an InvalidConfigError that names the part.
   */
  readonly define: DefineMethod<Values>;
  /**
   * Other methods of the module besides `forward`, in PyTorch's sense: each has its own graph over the same checkpoint's
   * weights and a session that starts on first use (an autoencoder's encoder, say: most programs need only the decoder).
   */
  readonly methods?: Readonly<Record<string, DefineMethod<Values>>> | undefined;
  /**
   * Whether these symbols need their own graph, rather than the general one with values substituted: sizes that a UNet cannot
   * halve evenly. The graph is then defined with these values.
   */
  isOddSize?(config: Values, symbols: Readonly<Record<string, number>>): boolean;
  /** Checks constraints not expressed by shapes. @throws InvalidConfigError, UnsupportedError */
  checkConfig?(config: Values): void;
  /** Default values of the graph's symbols except `"batch"`: the config's size. */
  symbols?(config: Values): Readonly<Record<string, number>>;
  /** The fields of `config.json` that determine a part of the network, for messages: `"block_out_channels[1]"`. */
  fieldsOf?(path: string, config: Values): readonly string[];
  /** Prefix of its weights file names; diffusers' by default. */
  readonly weightsNames?: WeightsNames;
  /**
   * Former last parts of names in older checkpoints, by current ones: `{ to_q: "query" }`. If a checkpoint has both, the
   * older one wins, as in diffusers.
   */
  readonly formerNames?: Readonly<Record<string, string>>;
  /** The model's name for an array that some versions write with, or without, a prefix. */
  rename?(name: string): string;
  /** Unneeded arrays to ignore without a warning, such as `position_ids` in older checkpoints. */
  ignores?(name: string): boolean;
  /** Whether a config lacks fields omitted by older diffusers versions, which {@link completeConfig} adds. */
  isIncomplete?(config: Config<Values>): boolean;
  /** Infers fields omitted by older diffusers versions from the names of the weights. */
  completeConfig?(config: Config<Values>, names: Iterable<string>): Config<Values>;
  /** PyTorch's `state_dict` order, used to split weights into shards; graph order by default. */
  compareNames?(left: string, right: string): number;
}

/** A weight that a model needs. */
export interface ExpectedWeight {
  /** diffusers' name in the checkpoint. */
  readonly name: string;
  readonly shape: readonly number[];
}

/** The input or output tensors of a graph, by name. */
export type Tensors = Readonly<Record<string, Tensor>>;

/**
 * The graph of a model for a config, before a size and a format are chosen.
 *
 * @throws InvalidConfigError if the config contradicts itself; the message names the part of the network and the fields.
 * @throws UnsupportedError if the config needs an unsupported part.
 *
 * @example
 * const graph = defineModel(UNet2DModel.definition, unet.config);
 */
export function defineModel<Values extends object>(
  definition: ModelDefinition<Values>,
  config: Values,
  options: {
    readonly method?: string;
    readonly symbols?: Readonly<Record<string, number>>;
  } = {},
): Graph {
  const { method = mainMethod, symbols = {} } = options;
  definition.checkConfig?.(config);
  const define = method === mainMethod ? definition.define : definition.methods?.[method];
  try {
    return defineGraph((scope) => define?.(scope, config, symbols) ?? {});
  } catch (error) {
    if (!GraphError.isInstance(error) || error.problem === undefined) throw error;
    const fields = definition.fieldsOf?.(error.scope, config) ?? [];
    throw new InvalidConfigError(
      {
        ...error.problem,
        subject: `${definition.className} config: ${error.problem.subject}`,
        remedy: `${error.problem.remedy}${fields.length === 0 ? "" : ` Look at ${fields.join(", ")}.`}`,
      },
      { cause: error },
    );
  }
}

/** The graphs of all methods of a model, the main one first. */
export type ModelGraphs = ReadonlyMap<string, Graph>;

/** Defines all methods of a model; see {@link defineModel}. */
export function defineMethods<Values extends object>(
  definition: ModelDefinition<Values>,
  config: Values,
): ModelGraphs {
  const methods = [mainMethod, ...Object.keys(definition.methods ?? {})];
  return new Map(methods.map((method) => [method, defineModel(definition, config, { method })]));
}

/**
 * All weights of the graphs, without duplicates, in definition order.
 *
 * @example
 * for (const { name, shape } of listWeights(graph)) console.log(name, shape);
 */
export function listWeights(...graphs: readonly Graph[]): readonly ExpectedWeight[] {
  const weights = new Map<string, ExpectedWeight>();
  for (const value of graphs.flatMap(({ parameters }) => parameters)) {
    const name = nameOf(value);
    if (!weights.has(name)) weights.set(name, { name, shape: value.shape as readonly number[] });
  }
  return [...weights.values()];
}
