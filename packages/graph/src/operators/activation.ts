import { createValue, type Value } from "../graph.ts";

/** diffusers' activations (`models/activations.py`), by name. */
export type ActivationName = "silu" | "swish" | "mish" | "gelu" | "relu";

/** `x · sigmoid(x)`. */
export function silu(value: Value): Value {
  return createValue("silu", [value], {}, value);
}

/** `x · sigmoid(1.702 · x)`, an approximation of {@link gelu} (Hendrycks and Gimpel, 2016), as in CLIP. */
export function quickGelu(value: Value): Value {
  return createValue("quickGelu", [value], {}, value);
}

/** `x · tanh(ln(1 + eˣ))` (Misra, 2019). */
export function mish(value: Value): Value {
  return createValue("mish", [value], {}, value);
}

/** `x · Φ(x)`, exact, with the error function (Hendrycks and Gimpel, 2016). */
export function gelu(value: Value): Value {
  return createValue("gelu", [value], {}, value);
}

/** `max(x, 0)`. */
export function relu(value: Value): Value {
  return createValue("relu", [value], {}, value);
}

/** Hyperbolic tangent of each element. */
export function tanh(value: Value): Value {
  return createValue("tanh", [value], {}, value);
}

const activations: Readonly<Record<ActivationName, typeof silu>> = { silu, swish: silu, mish, gelu, relu };

/** The activation of that name; `swish` is an alias of `silu`. */
export function activate(value: Value, name: ActivationName): Value {
  return activations[name](value);
}

/** Softmax along one axis; negative axes count from the last. */
export function softmax(value: Value, axis: number): Value {
  return createValue("softmax", [value], { axis }, value);
}
