import { defineGraph, matmul, specialise } from "@onestep/graph";

/** `y = x · x · … · x`, `factors` of them; x is [n, n]. Takes time in proportion to n³ × factors, and no weights. */
export function powers(factors) {
  const graph = defineGraph((scope) => {
    const x = scope.input("x", "float32", ["n", "n"]);
    let y = x;
    for (let index = 1; index < factors; index += 1) y = matmul(y, x);
    return { y };
  });
  return specialise(graph, { dtype: "float32" });
}
