import { stateDictPart, torchFileBytes } from "@onestep/torch-files";
import fc, { type Arbitrary } from "fast-check";
import { type ByteMutation, byteMutations } from "./byte-mutation.ts";
import { entryMutations, type HeaderEntry, type TextMutation, textMutations } from "./header-mutation.ts";

/** An array of a file: its name, and its shape in float32. */
type NamedArray = readonly [name: string, shape: readonly number[]];

/** The layers that the files are for: [out, in], or a convolution. */
export const adapterTargets: ReadonlyMap<string, readonly number[]> = new Map([
  ["conv_in", [4, 4, 3, 3]],
  ["mid_block.attentions.0.transformer_blocks.0.attn2.to_k", [6, 5]],
  ["down_blocks.0.resnets.0.conv1", [4, 4, 1, 1]],
]);
export const textTargets: ReadonlyMap<string, readonly number[]> = new Map([
  ["text_model.encoder.layers.0.self_attn.q_proj", [5, 5]],
]);
/** The width of the text encoder. */
export const textWidth = 5;

/** How each program names the matrices of a layer. */
const formats: readonly ((module: string, isText: boolean) => readonly [string, string, string])[] = [
  (module, isText) => {
    const path = `${isText ? "text_encoder" : "unet"}.${module}`;
    return [`${path}.lora_A.weight`, `${path}.lora_B.weight`, `${path}.alpha`];
  },
  (module, isText) => {
    const path = `lora_${isText ? "te" : "unet"}_${module.replaceAll(".", "_")}`;
    return [`${path}.lora_down.weight`, `${path}.lora_up.weight`, `${path}.alpha`];
  },
  (module, isText) => {
    const path = `${isText ? "text_encoder" : "unet"}.${module}`;
    const part = isText ? "lora_linear_layer" : "lora";
    return [`${path}.${part}.down.weight`, `${path}.${part}.up.weight`, `${path}.alpha`];
  },
];

function loraArrays(format: number, rank: number, hasAlpha: boolean): readonly NamedArray[] {
  const name = formats[format] as (typeof formats)[number];
  const layers = [
    ...[...adapterTargets].map(([module, shape]) => [module, shape, false] as const),
    ...[...textTargets].map(([module, shape]) => [module, shape, true] as const),
  ];
  return layers.flatMap(([module, [out = 1, ...inShape], isText]) => {
    const [down, up, alpha] = name(module, isText);
    const ones = inShape.slice(1).map(() => 1);
    const arrays: NamedArray[] = [
      [down, [rank, ...inShape]],
      [up, [out, rank, ...ones]],
    ];
    return hasAlpha ? [...arrays, [alpha, []] as const] : arrays;
  });
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 4);
}

/** Another name, shape, or place in the list. */
const arrayMutations: Arbitrary<(arrays: readonly NamedArray[]) => readonly NamedArray[]> = fc
  .record({
    at: fc.nat(),
    name: fc.option(
      fc.oneof(
        fc.constantFrom(
          ...[
            "lora_unet_conv_in.alpha",
            "lora_unet_conv_in.hada_w1_a",
            "lora_unet_conv_in.dora_scale",
            ".alpha",
          ],
          ...[
            "unet..lora_A.weight",
            "lora_te_.lora_up.weight",
            "__proto__.lora_A.weight",
            "<fox>",
            "*",
            "clip_g",
          ],
          ...[
            "lora_unet_conv_in.lora_down.weight",
            "lora_unet_conv_in.lora_mid.weight",
            "emb_params",
            "clip_l",
          ],
        ),
        fc.string({ unit: "binary", maxLength: 20 }),
      ),
      { nil: undefined },
    ),
    shape: fc.option(fc.array(fc.nat(6), { maxLength: 5 }), { nil: undefined }),
    isRemoved: fc.boolean(),
  })
  .map(({ at, name, shape, isRemoved }) => (arrays) => {
    const index = at % Math.max(1, arrays.length);
    const [oldName = "", oldShape = []] = arrays[index] ?? [];
    if (isRemoved && name === undefined && shape === undefined) return arrays.toSpliced(index, 1);
    return arrays.toSpliced(index, 1, [name ?? oldName, shape ?? oldShape]);
  });

interface Damage {
  readonly arrays: readonly ((arrays: readonly NamedArray[]) => readonly NamedArray[])[];
  readonly entries: readonly ((entries: readonly HeaderEntry[]) => readonly HeaderEntry[])[];
  readonly texts: readonly TextMutation[];
  readonly bytes: readonly ByteMutation[];
}

function some<Value>(arbitrary: Arbitrary<Value>): Arbitrary<readonly Value[]> {
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(arbitrary, { minLength: 1, maxLength: 2 }) },
  );
}

const damages: Arbitrary<Damage | undefined> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(undefined) },
  {
    weight: 9,
    arbitrary: fc.record({
      arrays: fc.array(arrayMutations, { minLength: 1, maxLength: 2 }),
      entries: some(entryMutations()),
      texts: some(textMutations()),
      bytes: some(byteMutations),
    }),
  },
);

/** What PEFT writes into the header, and what it does not. */
const settings = fc.oneof(
  fc.constant(undefined),
  fc.constantFrom(
    JSON.stringify({ "unet.r": 2, "unet.lora_alpha": 3, "unet.alpha_pattern": { conv_in: 1 } }),
    ...[
      "",
      "{",
      "[]",
      "null",
      '{"unet.lora_alpha":"a"}',
      '{"unet.alpha_pattern":[1]}',
      '{"__proto__":{"a":1}}',
    ],
    ...[
      '{"unet.lora_alpha":1e999}',
      '{"unet.alpha_pattern":{"(a+)+$":1}}',
      "[".repeat(3000),
      "9".repeat(400),
    ],
  ),
);

/** The bytes of an adapter's file, and whether nothing was done to it. */
export interface AdapterFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly isGood: boolean;
}

function writeFile(
  arrays: readonly NamedArray[],
  damage: Damage | undefined,
  { isTorch, metadata }: { readonly isTorch: boolean; readonly metadata: string | undefined },
): AdapterFile {
  const { entries = [], texts = [], bytes = [] } = damage ?? {};
  const changed = (damage?.arrays ?? []).reduce((list, mutate) => mutate(list), arrays);
  const finish = (file: Uint8Array, name: string): AdapterFile => ({
    name,
    bytes: bytes.reduce((value, mutate) => mutate(value), file),
    isGood: damage === undefined && (metadata === undefined || metadata.startsWith('{"unet.r"')),
  });
  if (isTorch) {
    const dict = Object.fromEntries(
      changed.map(([name, shape], index) => [name, { shape: [...shape], key: `${index}` }]),
    );
    const storages = Object.fromEntries(
      changed.map(([, shape], index) => [`${index}`, new Uint8Array(sizeOf(shape)).fill(60)]),
    );
    return finish(torchFileBytes(stateDictPart(dict), { storages }), "weights.bin");
  }
  let end = 0;
  const header: HeaderEntry[] =
    metadata === undefined ? [] : [["__metadata__", { lora_adapter_metadata: metadata }]];
  for (const [name, shape] of changed) {
    header.push([name, { dtype: "F32", shape, data_offsets: [end, end + sizeOf(shape)] }]);
    end += sizeOf(shape);
  }
  const mutated = entries.reduce<readonly HeaderEntry[]>((list, mutate) => mutate(list), header);
  const json = `{${mutated.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value) ?? "null"}`).join()}}`;
  const text = new TextEncoder().encode(texts.reduce((value, mutate) => mutate(value), json));
  const file = new Uint8Array(8 + text.length + end).fill(60);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  return finish(file, "weights.safetensors");
}

/** LoRA files in every format, a tenth of them good. */
export const loraFiles: Arbitrary<AdapterFile> = fc
  .record({
    format: fc.nat(formats.length - 1),
    rank: fc.integer({ min: 1, max: 3 }),
    hasAlpha: fc.boolean(),
    isTorch: fc.boolean(),
    metadata: settings,
    damage: damages,
  })
  .map(({ format, rank, hasAlpha, damage, ...rest }) =>
    writeFile(loraArrays(format, rank, hasAlpha), damage, rest),
  );

/** Textual inversions: one token, a bare array, or the vectors of two text encoders; a tenth good. */
export const inversionFiles: Arbitrary<AdapterFile> = fc
  .record({
    arrays: fc.constantFrom<readonly NamedArray[]>(
      [["<fox>", [textWidth]]],
      [["<fox>", [3, textWidth]]],
      [["<fox>", [1, textWidth]]],
      [["clip_l", [2, textWidth]]],
    ),
    isTorch: fc.boolean(),
    damage: damages,
  })
  .map(({ arrays, isTorch, damage }) => writeFile(arrays, damage, { isTorch, metadata: undefined }));
