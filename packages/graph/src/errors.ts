import { OnestepError, type OnestepErrorOptions, type Problem } from "@onestep/core";

/** Operators were put together with shapes or types that do not fit. Found while a graph is defined. */
export class GraphError extends OnestepError {
  static override readonly code: string = "graph";

  /** The part of the model that was being defined, as its weights are named: `down_blocks.1.resnets.0.norm1`. */
  readonly scope: string;

  /** @param options - `scope`: the part of the model, `""` (default) where it is not known. */
  constructor(problem: Problem, options: OnestepErrorOptions & { readonly scope?: string } = {}) {
    const { scope = "", ...rest } = options;
    super(scope === "" ? problem : { ...problem, subject: `${scope}: ${problem.subject}` }, rest);
    this.scope = scope;
  }
}
