import { OnestepError, type OnestepErrorOptions, type Problem } from "@onestep/core";

/** Operators were combined with mismatched shapes or types. Thrown while a graph is defined. */
export class GraphError extends OnestepError {
  static override readonly code: string = "graph";

  /** The part of the model being defined, named like its weights: `down_blocks.1.resnets.0.norm1`. */
  readonly scope: string;

  /** @param options - `scope`: the part of the model, `""` (default) if unknown. */
  constructor(problem: Problem, options: OnestepErrorOptions & { readonly scope?: string } = {}) {
    const { scope = "", ...rest } = options;
    super(scope === "" ? problem : { ...problem, subject: `${scope}: ${problem.subject}` }, rest);
    this.scope = scope;
  }
}
