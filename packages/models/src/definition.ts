import { type Config, InvalidConfigError, type PythonJson, type Tensor } from "@onestep/core";
import { defineGraph, type Graph, GraphError, nameOf, type Scope, type Value } from "@onestep/graph";
import type { WeightsNames } from "./checkpoint/weights-file-names.ts";

/**
 * Declares the inputs and weights of a network through the scope, and returns its outputs by name.
 *
 * @param symbols - Numbers for symbols, where the graph is defined for one size; see {@link ModelDefinition.isOddSize}.
 */
export type DefineMethod<Values extends object> = (
  scope: Scope,
  config: Values,
  symbols: Readonly<Record<string, number>>,
) => Readonly<Record<string, Value>>;

/** The name of the method that {@link ModelDefinition.define} defines. */
export const mainMethod = "forward";

/** All that tells one kind of model from another. `Values` are the fields of its `config.json`, in camelCase. */
export interface ModelDefinition<Values extends object> {
  /** diffusers' name of the class: `"UNet2DModel"`. */
  readonly className: string;
  /** Reads `config.json`; a `ConfigSchema`. */
  readonly configSchema: {
    fromJson(document: PythonJson, source: string): Config<Values>;
  };
  /**
   * What the network computes: declares its inputs and weights through the scope, and returns its outputs by name. The one
   * statement of the topology: the weights that a checkpoint must have are those that this asks for.
   *
   * @throws GraphError where shapes do not fit; it becomes an InvalidConfigError that names the part.
   */
  readonly define: DefineMethod<Values>;
  /**
   * Other methods of the module, as PyTorch calls what `forward` is one of: each a graph of its own over weights of the same
   * checkpoint, whose session is started when it is first run (the encoder of an autoencoder, of which most programs need the
   * decoder alone).
   */
  readonly methods?: Readonly<Record<string, DefineMethod<Values>>> | undefined;
  /**
   * Whether the graph for these symbols is another than the general one with numbers put in: of a size that a UNet cannot halve
   * as often as it does. It is then defined with these numbers.
   */
  isOddSize?(config: Values, symbols: Readonly<Record<string, number>>): boolean;
  /** Checks what shapes do not tell. @throws InvalidConfigError, UnsupportedError */
  checkConfig?(config: Values): void;
  /** Numbers for the symbols of the graph but `"batch"`, where a caller gives no others: the size that the config names. */
  symbols?(config: Values): Readonly<Record<string, number>>;
  /** The fields of `config.json` that decide a part of the network, for messages: `"block_out_channels[1]"`. */
  fieldsOf?(path: string, config: Values): readonly string[];
  /** What the names of its weights files begin with; as diffusers names them by default. */
  readonly weightsNames?: WeightsNames;
  /**
   * What older checkpoints call the last part of a name, by what it is called today: `{ to_q: "query" }`. Where a checkpoint
   * has both, the older one counts, as in diffusers.
   */
  readonly formerNames?: Readonly<Record<string, string>>;
  /** The name that the model has for an array that some versions write otherwise: with a prefix, or without one. */
  rename?(name: string): string;
  /** Arrays of a checkpoint that the model does not need and nobody is told of: `position_ids` of older ones, say. */
  ignores?(name: string): boolean;
  /** Whether a config lacks what older versions of diffusers did not write, and {@link completeConfig} fills in. */
  isIncomplete?(config: Config<Values>): boolean;
  /** Fills in what older versions of diffusers did not write, from the names of the weights. */
  completeConfig?(config: Config<Values>, names: Iterable<string>): Config<Values>;
  /** The order of PyTorch's `state_dict`, by which saved weights are divided among shards; that of the graph by default. */
  compareNames?(left: string, right: string): number;
}

/** A weight that a model needs. */
export interface ExpectedWeight {
  /** As diffusers names it in the checkpoint. */
  readonly name: string;
  readonly shape: readonly number[];
}

/** The tensors that a graph takes and gives, by name. */
export type Tensors = Readonly<Record<string, Tensor>>;

/**
 * The graph of a model with a config, before a size and a format are decided.
 *
 * @throws InvalidConfigError where the config contradicts itself; the message names the part of the network and the fields.
 * @throws UnsupportedError where the config asks for a part that is not built here.
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

/** Every weight that graphs need, each once, in the order in which their definitions ask for them. */
export function listWeights(...graphs: readonly Graph[]): readonly ExpectedWeight[] {
  const weights = new Map<string, ExpectedWeight>();
  for (const value of graphs.flatMap(({ parameters }) => parameters)) {
    const name = nameOf(value);
    if (!weights.has(name)) weights.set(name, { name, shape: value.shape as readonly number[] });
  }
  return [...weights.values()];
}
