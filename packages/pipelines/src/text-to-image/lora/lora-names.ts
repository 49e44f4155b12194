/** The models an adapter can target, as named in files. */
export type LoraComponent = "unet" | "text_encoder" | "text_encoder_2";

/** The role of an array in an adapter file. */
export interface LoraName {
  readonly component: LoraComponent;
  /** The layer's name in the model. */
  readonly module: string;
  readonly part: "down" | "up" | "alpha";
}

/** How to recognise a kind of adapter other than LoRA. */
const otherAlgorithms: readonly (readonly [RegExp, string])[] = [
  [/\.hada_(w\d|t\d)/, "LoHa (Hadamard products)"],
  [/\.lokr_/, "LoKr (Kronecker products)"],
  [/\.lora_mid\./, "a CP decomposition of convolutions (lora_mid)"],
  [/\.(dora_scale|lora_magnitude_vector)(\.|$)/, "DoRA (weights by magnitude and direction)"],
  [/\.(diff|diff_b)$/, "whole differences of weights (diff)"],
  [/\.(oft_|boft_|glora_|a1\.|b1\.|w_norm|b_norm)/, "another algorithm of LyCORIS"],
  [/\.lora_B(\.\w+)?\.bias$/, "a bias (lora_B.bias)"],
];

/** The unsupported algorithm of a file, by one of its array names; undefined for LoRA. */
export function otherAlgorithmOf(name: string): string | undefined {
  return otherAlgorithms.find(([pattern]) => pattern.test(name))?.[1];
}

/** Array name suffixes in all formats: PEFT's, three of diffusers', kohya's. */
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

/** Name prefixes by model, longest first. */
const prefixes: readonly (readonly [RegExp, LoraComponent])[] = [
  [/^text_encoder_2\./, "text_encoder_2"],
  [/^text_encoder\./, "text_encoder"],
  [/^unet\./, "unet"],
  [/^lora_te2[._]/, "text_encoder_2"],
  [/^lora_te1?[._]/, "text_encoder"],
  [/^lora_unet[._]/, "unet"],
];

/** The layers of a pipeline's models, by their names in files. */
export type ModuleTables = ReadonlyMap<LoraComponent, ReadonlyMap<string, string>>;

/**
 * The role of an array in an adapter file; undefined if its name matches no layer.
 *
 * Kohya's names replace `.` by `_`, which is not reversible, so they are looked up.
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

/** Whether an array is one of LoRA's matrices, whatever layer it is for. */
export function isLoraName(name: string): boolean {
  return parts.some(([ending, part]) => part !== "alpha" && ending.test(name));
}

/** The target model of a name, whether or not it matches a layer. */
export function componentOf(name: string): LoraComponent {
  return prefixes.find(([pattern]) => pattern.test(name))?.[1] ?? "unet";
}

/** Converts a name from diffusers' first formats to the current one. */
function today(path: string, component: LoraComponent): string {
  const attention = path.replace(/\.processor\.(to_\w+)$/, ".$1").replace(/\.to_out$/, ".to_out.0");
  if (component === "unet") return attention;
  return attention
    .replace(/\.to_out\.0$/, ".out_proj")
    .replace(/\.to_([qkv])$/, ".$1_proj")
    .replace(/^(encoder|embeddings|final_layer_norm)\./, "text_model.$1.");
}

/**
 * The names of a model's layers in files: its own, with and without `text_model.`, kohya's, and for a UNet also those of
 * the original code (`input_blocks`).
 *
 * @param layersPerBlock - For a UNet.
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

/** A UNet layer's name in the original Stable Diffusion code. */
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
  // Every up block of SDXL that upsamples has attention, so the upsampler comes third.
  if (kind === "upsamplers") return `output_blocks.${block * perBlock + layersPerBlock}.2.${inner}`;
  return `output_blocks.${block * perBlock + layer}.${part}.${inner}`;
}
