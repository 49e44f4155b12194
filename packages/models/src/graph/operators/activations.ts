import type { GraphBuilder } from "../graph-builder.ts";
import type { GraphValue } from "../graph-value.ts";

/** The activations of diffusers (`models/activations.py`), by its names. */
export type ActivationName = "silu" | "swish" | "mish" | "gelu" | "relu";

/** `x · sigmoid(x)`, as onnxruntime's one fused operator (`QuickGelu` with alpha 1). */
export function silu(builder: GraphBuilder, value: GraphValue): GraphValue {
  return builder.node("QuickGelu", [value], { floats: { alpha: 1 } }, value, { domain: "com.microsoft" });
}

/** `x · tanh(ln(1 + eˣ))` (Misra, 2019). */
export function mish(builder: GraphBuilder, value: GraphValue): GraphValue {
  return builder.node("Mish", [value], {}, value);
}

/** `x · Φ(x)`, exact, with the error function (Hendrycks and Gimpel, 2016). */
export function gelu(builder: GraphBuilder, value: GraphValue): GraphValue {
  return builder.node("Gelu", [value], {}, value);
}

/** `max(x, 0)`. */
export function relu(builder: GraphBuilder, value: GraphValue): GraphValue {
  return builder.node("Relu", [value], {}, value);
}

const activations: Readonly<Record<ActivationName, typeof silu>> = { silu, swish: silu, mish, gelu, relu };

/** The activation of that name; `swish` is another name of `silu`. */
export function activate(builder: GraphBuilder, value: GraphValue, name: ActivationName): GraphValue {
  return activations[name](builder, value);
}
