import type { GraphElementType } from "../graph/element-type.ts";
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { GraphValue } from "../graph/graph-value.ts";
import { castTo } from "../graph/operators/elementwise.ts";
import { storedWeight } from "../graph/operators/stored-weights.ts";
import type { WeightReference } from "../graph/weight-reference.ts";

/** Where layers get their weights: asked by name and shape, it answers with the place of the bytes. */
export interface WeightSource {
  resolve(name: string, shape: readonly number[]): WeightReference;
}

/** The weights below one name (`down_blocks.0.resnets.1`). A layer asks for the names that diffusers gives its own. */
export class WeightScope {
  readonly #builder: GraphBuilder;
  readonly #source: WeightSource;
  readonly #prefix: string;

  constructor(builder: GraphBuilder, source: WeightSource, prefix = "") {
    this.#builder = builder;
    this.#source = source;
    this.#prefix = prefix;
  }

  /** The scope of a part: `scope.child("resnets.0")`. */
  child(name: string): WeightScope {
    return new WeightScope(this.#builder, this.#source, `${this.#prefix}${name}.`);
  }

  /**
   * One array as a value of the graph, cast where the checkpoint stores it in another type.
   *
   * @param elementType - The type to compute in: that of the value that the weight is for.
   * @param shape - The shape in the checkpoint.
   * @param graphShape - The shape to see it in, where it differs: the same bytes, read as `[channels, 1, 1]`, say.
   */
  take(
    name: string,
    elementType: GraphElementType,
    shape: readonly number[],
    graphShape: readonly number[] = shape,
  ): GraphValue {
    const fullName = `${this.#prefix}${name}`;
    const value = storedWeight(this.#builder, fullName, this.#source.resolve(fullName, shape), graphShape);
    return castTo(this.#builder, value, elementType);
  }
}
