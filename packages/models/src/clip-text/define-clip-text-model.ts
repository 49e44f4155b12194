import {
  add,
  cast,
  concat,
  embedding,
  gelu,
  layerNorm,
  mul,
  multiHeadAttention,
  product,
  quickGelu,
  reshape,
  type Scope,
  scalarLike,
  sub,
  type Value,
} from "@onestep/graph";
import { layerNormLayer, linearLayer } from "../layers/modules.ts";
import type { CLIPTextConfigValues } from "./clip-text-config.ts";

/**
 * The graph of CLIP's text encoder (transformers `models/clip/modeling_clip.py`, `CLIPTextTransformer`; Radford et al.,
 * 2021).
 *
 * Inputs: `input_ids` int64 [batch, tokens]; `position_ids` int64 [tokens]; `layer` int64 [1], which hidden state to return, 0
 * for the embeddings; `pooled_positions` int64 [batch], the position of the pooled vector, counted across all texts.
 * Tokens beyond the vocabulary (textual inversion) are rows of `added_embeddings` [added, width]: `added_ids` int64
 * [batch, tokens] selects the row, `is_added` float32 [batch, tokens, 1] marks the tokens.
 *
 * Outputs: `hidden_state`, that layer as it is; `normed_hidden_state`, after the last norm; `pooled`, of the last layer; and
 * `text_embeds`, its projection, if the model has one.
 *
 * @throws GraphError if the parts do not fit together.
 */
export function defineCLIPTextModel(
  scope: Scope,
  config: CLIPTextConfigValues,
  { hasProjection }: { readonly hasProjection: boolean },
): Readonly<Record<string, Value>> {
  const model = scope.child("text_model");
  const { hiddenSize, layerNormEps } = config;
  const states = [embeddings(scope, model.child("embeddings"), config)];
  for (let layer = 0; layer < config.numHiddenLayers; layer += 1) {
    const previous = states.at(-1) as Value;
    states.push(model.within(`encoder.layers.${layer}`, (part) => encoderLayer(previous, part, config)));
  }
  const norm = finalNorm(model.child("final_layer_norm"), hiddenSize, layerNormEps);
  const stacked = concat(states.map((state) => reshape(state, [1, ...state.shape])) as [Value], 0);
  const chosen = reshape(embedding(stacked, scope.input("layer", "int64", [1])), (states[0] as Value).shape);
  const last = norm(states.at(-1) as Value);
  const rows = reshape(last, [product(["batch", "tokens"]), hiddenSize]);
  const pooled = embedding(rows, scope.input("pooled_positions", "int64", ["batch"]));
  return {
    hidden_state: cast(chosen, "float32"),
    normed_hidden_state: cast(norm(chosen), "float32"),
    pooled: cast(pooled, "float32"),
    ...(hasProjection
      ? {
          text_embeds: cast(
            linearLayer(pooled, scope.child("text_projection"), config.projectionDim, { bias: false }),
            "float32",
          ),
        }
      : {}),
  };
}

function embeddings(scope: Scope, part: Scope, config: CLIPTextConfigValues): Value {
  const { vocabSize, hiddenSize, maxPositionEmbeddings } = config;
  const ids = scope.input("input_ids", "int64", ["batch", "tokens"]);
  const addedIds = scope.input("added_ids", "int64", ["batch", "tokens"]);
  const isAdded = cast(scope.input("is_added", "float32", ["batch", "tokens", 1]), "compute");
  const addedTable = cast(scope.input("added_embeddings", "float32", ["added", hiddenSize]), "compute");
  const positionIds = scope.input("position_ids", "int64", ["tokens"]);
  const known = embedding(part.matrix("token_embedding.weight", [vocabSize, hiddenSize]), ids);
  const tokens = add(
    mul(known, sub(scalarLike(isAdded, 1), isAdded)),
    mul(embedding(addedTable, addedIds), isAdded),
  );
  const positions = part.matrix("position_embedding.weight", [maxPositionEmbeddings, hiddenSize]);
  return add(tokens, embedding(positions, positionIds));
}

/** `x + attention(norm(x))`, then `x + mlp(norm(x))`; transformers' `CLIPEncoderLayer`. */
function encoderLayer(value: Value, scope: Scope, config: CLIPTextConfigValues): Value {
  const { hiddenSize, intermediateSize, numAttentionHeads: heads, hiddenAct, layerNormEps } = config;
  const normed = layerNormLayer(value, scope.child("layer_norm1"), layerNormEps);
  const attention = scope.child("self_attn");
  const project = (input: Value, name: string): Value =>
    linearLayer(input, attention.child(name), hiddenSize);
  const attended = multiHeadAttention(
    project(normed, "q_proj"),
    project(normed, "k_proj"),
    project(normed, "v_proj"),
    { heads, isCausal: true },
  );
  const middle = add(value, project(attended, "out_proj"));
  const inner = linearLayer(
    layerNormLayer(middle, scope.child("layer_norm2"), layerNormEps),
    scope.child("mlp.fc1"),
    intermediateSize,
  );
  const activated = hiddenAct === "gelu" ? gelu(inner) : quickGelu(inner);
  return add(middle, linearLayer(activated, scope.child("mlp.fc2"), hiddenSize));
}

/** The norm after the last layer; its weights are declared once and applied to several values. */
function finalNorm(scope: Scope, width: number, epsilon: number): (value: Value) => Value {
  const weight = scope.vector("weight", [width], "float32");
  const bias = scope.vector("bias", [width], "float32");
  return (value) => layerNorm(value, { epsilon, weight, bias });
}
