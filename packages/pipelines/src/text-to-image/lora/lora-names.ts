/** The models of a pipeline that an adapter can be for, as files name them. */
export type LoraComponent = "unet" | "text_encoder" | "text_encoder_2";

/** What one array of an adapter's file is. */
export interface LoraName {
  readonly component: LoraComponent;
  /** The layer, as the model names it. */
  readonly module: string;
  readonly part: "down" | "up" | "alpha";
}

/** How one kind of adapter is told that is not one of low rank. */
const otherAlgorithms: readonly (readonly [RegExp, string])[] = [
  [/\.hada_(w\d|t\d)/, "LoHa (Hadamard products)"],
  [/\.lokr_/, "LoKr (Kronecker products)"],
  [/\.lora_mid\./, "a CP decomposition of convolutions (lora_mid)"],
  [/\.(dora_scale|lora_magnitude_vector)(\.|$)/, "DoRA (weights by magnitude and direction)"],
  [/\.(diff|diff_b)$/, "whole differences of weights (diff)"],
  [/\.(oft_|boft_|glora_|a1\.|b1\.|w_norm|b_norm)/, "another algorithm of LyCORIS"],
  [/\.lora_B(\.\w+)?\.bias$/, "a bias (lora_B.bias)"],
];

/** The algorithm of a file that is not read, by one of its names; undefined for LoRA. */
export function otherAlgorithmOf(name: string): string | undefined {
  return otherAlgorithms.find(([pattern]) => pattern.test(name))?.[1];
}

/** Endings of the names of arrays, in all formats: PEFT's, three of diffusers', kohya's. */
const parts: readonly (readonly [RegExp, LoraName["part"]])[] = [
  [/\.lora_A(?:\.\w+)?\.weight$/, "down"],
  [/\.lora_B(?:\.\w+)?\.weight$/, "up"],
  [/\.lora\.down\.weight$/, "down"],
  [/\.lora\.up\.weight$/, "up"],
  [/\.lora_linear_layer\.down\.weight$/, "down"],
  [/\.lora_linear_layer\.up\.weight$/, "up"],
  [/_lora\.down\.weight$/, "down"],
  [/_lora\.up\.weight$/, "up"],
  [/\.lora_down\.weight$/, "down"],
  [/\.lora_up\.weight$/, "up"],
  [/\.alpha$/, "alpha"],
];

/** Beginnings of names, by the model that they are for. The longer ones first. */
const prefixes: readonly (readonly [RegExp, LoraComponent])[] = [
  [/^text_encoder_2\./, "text_encoder_2"],
  [/^text_encoder\./, "text_encoder"],
  [/^unet\./, "unet"],
  [/^lora_te2[._]/, "text_encoder_2"],
  [/^lora_te1?[._]/, "text_encoder"],
  [/^lora_unet[._]/, "unet"],
];

/** The layers of the models of a pipeline, by the names that files have for them. */
export type ModuleTables = ReadonlyMap<LoraComponent, ReadonlyMap<string, string>>;

/**
 * What an array of an adapter's file is; undefined for a name that matches no layer.
 *
 * Kohya's names are those of the model with `_` in place of `.`, which cannot be undone: they are looked up.
 */
export function readLoraName(name: string, tables: ModuleTables): LoraName | undefined {
  for (const [ending, part] of parts) {
    const match = ending.exec(name);
    if (match === null) continue;
    const path = name.slice(0, match.index);
    const [prefix, component] = prefixes.find(([pattern]) => pattern.test(path)) ?? [/^/, "unet" as const];
    const own = path.replace(prefix, "");
    const table = tables.get(component);
    const module = table?.get(own) ?? table?.get(today(own, component));
    if (module !== undefined) return { component, module, part };
  }
  return undefined;
}

/** The model that a name is for, whether it matches a layer or not. */
export function componentOf(name: string): LoraComponent {
  return prefixes.find(([pattern]) => pattern.test(name))?.[1] ?? "unet";
}

/** A name of diffusers' first formats as it is today. */
function today(path: string, component: LoraComponent): string {
  const attention = path.replace(/\.processor\.(to_\w+)$/, ".$1").replace(/\.to_out$/, ".to_out.0");
  if (component === "unet") return attention;
  return attention
    .replace(/\.to_out\.0$/, ".out_proj")
    .replace(/\.to_([qkv])$/, ".$1_proj")
    .replace(/^(encoder|embeddings|final_layer_norm)\./, "text_model.$1.");
}

/**
 * The names that files have for the layers of a model: its own, with and without `text_model.`, those of kohya, and for a UNet
 * those of the original code (`input_blocks`), too.
 *
 * @param layersPerBlock - Of a UNet.
 */
export function moduleNames(
  modules: Iterable<string>,
  component: LoraComponent,
  layersPerBlock: number,
): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const module of modules) {
    const original = component === "unet" ? originalName(module, layersPerBlock) : undefined;
    for (const name of [module, original]) {
      if (name === undefined) continue;
      names.set(name, module);
      names.set(name.replaceAll(".", "_"), module);
    }
  }
  return names;
}

const resnetParts: Readonly<Record<string, string>> = {
  conv1: "in_layers.2",
  conv2: "out_layers.3",
  time_emb_proj: "emb_layers.1",
  conv_shortcut: "skip_connection",
};

const singles: Readonly<Record<string, string>> = {
  conv_in: "input_blocks.0.0",
  conv_out: "out.2",
  "time_embedding.linear_1": "time_embed.0",
  "time_embedding.linear_2": "time_embed.2",
  "time_embedding.cond_proj": "time_embed.cond_proj",
  "add_embedding.linear_1": "label_emb.0.0",
  "add_embedding.linear_2": "label_emb.0.2",
};

/** What the original code of Stable Diffusion calls a layer of the UNet. */
function originalName(module: string, layersPerBlock: number): string | undefined {
  if (Object.hasOwn(singles, module)) return singles[module];
  const [, way = "", index = "", kind = "", position = "", rest = ""] =
    /^(down|up|mid)_blocks?\.?(\d*)\.?(resnets|attentions|downsamplers|upsamplers)\.(\d+)\.(.+)$/.exec(
      module,
    ) ?? [];
  const inner = kind === "resnets" ? resnetParts[rest] : rest;
  if (way === "" || inner === undefined) return undefined;
  const perBlock = layersPerBlock + 1;
  const [block, layer] = [Number(index), Number(position)];
  if (way === "mid") {
    const place = kind === "attentions" ? 1 : 2 * layer;
    return `middle_block.${place}.${inner}`;
  }
  if (kind === "downsamplers") return `input_blocks.${(block + 1) * perBlock}.0.op`;
  const part = kind === "attentions" ? 1 : 0;
  if (way === "down") return `input_blocks.${1 + block * perBlock + layer}.${part}.${inner}`;
  // After a block without attention, the resampling stands where the attention would.
  if (kind === "upsamplers") return `output_blocks.${block * perBlock + layersPerBlock}.2.${inner}`;
  return `output_blocks.${block * perBlock + layer}.${part}.${inner}`;
}
