import { OnestepError } from "@onestep/core";

/** Operators were put together with shapes or types that do not fit. Found while building, before any session. */
export class GraphError extends OnestepError {
  static override readonly code: string = "graph";
}
