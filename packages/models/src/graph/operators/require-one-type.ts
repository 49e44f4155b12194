import { GraphError } from "../graph-error.ts";
import type { GraphValue } from "../graph-value.ts";

/**
 * Checks that the values that an operator takes together have one element type, as ONNX wants it.
 *
 * @throws GraphError where they do not.
 */
export function requireOneType(operator: string, values: readonly GraphValue[]): void {
  const types = new Set(values.map(({ elementType }) => elementType));
  if (types.size <= 1) return;
  throw new GraphError({
    subject: `${operator} of ${values.map(({ name }) => name).join(", ")}`,
    found: [...types].join(" and "),
    expected: "one element type",
    remedy: "Cast one of them where they meet.",
  });
}
