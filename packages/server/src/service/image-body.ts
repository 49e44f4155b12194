import { z } from "@hono/zod-openapi";
import { nearestName } from "@onestep/core/internal/nearest-name";
import { ApiError, invalidValue } from "../http/api-error.ts";
import { invalidField } from "../http/invalid-field.ts";

const wholeNumber = z.number().int();
const finiteNumber = z.number().refine(Number.isFinite, "a finite number");
const one = <Item extends z.ZodType>(item: Item) => z.union([item, z.array(item).min(1)]);
const reference = z.strictObject({ image_url: z.string().optional(), file_id: z.string().optional() });

/** The fields of `/v1/images/generations` that mean something here. */
const fields = {
  prompt: z.string().optional(),
  model: z.string().min(1).optional(),
  n: wholeNumber.default(1),
  size: z.string().default("auto"),
  width: wholeNumber.optional(),
  height: wholeNumber.optional(),
  response_format: z.enum(["b64_json", "url"]).default("b64_json"),
  output_format: z.enum(["png", "jpeg", "webp"]).default("png"),
  output_compression: wholeNumber.min(0).max(100).optional(),
  stream: z.boolean().default(false),
  partial_images: wholeNumber.min(0).max(16).default(0),
  seed: wholeNumber.min(-1).max(Number.MAX_SAFE_INTEGER).optional(),
  seeds: z.array(wholeNumber.min(0).max(Number.MAX_SAFE_INTEGER)).min(1).optional(),
  num_inference_steps: wholeNumber.min(1).optional(),
  guidance_scale: finiteNumber.min(0).max(100).optional(),
  guidance_rescale: finiteNumber.min(0).max(1).optional(),
  negative_prompt: z.string().optional(),
  class_labels: one(z.union([wholeNumber.min(0), z.string()])).optional(),
  clip_skip: wholeNumber.min(0).max(32).optional(),
  eta: finiteNumber.min(0).max(1).optional(),
  lora: z
    .array(z.strictObject({ name: z.string().min(1), scale: finiteNumber.min(-10).max(10).default(1) }))
    .optional(),
};

/** Those of `/v1/images/edits` besides; of variations, all but the mask. */
const editFields = {
  ...fields,
  images: z.array(reference).min(1).max(16).optional(),
  mask: reference.optional(),
  strength: finiteNumber.min(0).max(1).optional(),
};

const generationSchema = z.strictObject(fields);
const editSchema = z.strictObject(editFields);

/** The body of a request for images, checked. The fields are those of the API. */
export interface ImageBody {
  readonly prompt?: string | undefined;
  readonly model?: string | undefined;
  readonly n: number;
  readonly size: string;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly response_format: "b64_json" | "url";
  readonly output_format: "png" | "jpeg" | "webp";
  readonly output_compression?: number | undefined;
  readonly stream: boolean;
  readonly partial_images: number;
  readonly seed?: number | undefined;
  readonly seeds?: readonly number[] | undefined;
  readonly num_inference_steps?: number | undefined;
  readonly guidance_scale?: number | undefined;
  readonly guidance_rescale?: number | undefined;
  readonly negative_prompt?: string | undefined;
  readonly class_labels?: number | string | readonly (number | string)[] | undefined;
  readonly clip_skip?: number | undefined;
  readonly eta?: number | undefined;
  readonly lora?: readonly { readonly name: string; readonly scale: number }[] | undefined;
  /** Of edits. */
  readonly images?: readonly ImageReference[] | undefined;
  readonly mask?: ImageReference | undefined;
  readonly strength?: number | undefined;
}

/** An image in a JSON body: a data URL, or a file that was uploaded before. */
export interface ImageReference {
  readonly image_url?: string | undefined;
  readonly file_id?: string | undefined;
}

/** The schemas of the bodies, for the document. */
export const bodySchemas: {
  readonly generation: z.ZodType;
  readonly edit: z.ZodType;
  /** The forms, with a schema for a file. */
  readonly editForm: (file: z.ZodType) => z.ZodType;
  readonly variationForm: (file: z.ZodType) => z.ZodType;
} = {
  generation: generationSchema.openapi("CreateImageRequest"),
  edit: editSchema.openapi("EditImageRequest"),
  editForm: (file) =>
    z.object({ ...editFields, image: one(file), mask: file.optional() }).omit({ images: true }),
  variationForm: (file) => z.object({ ...editFields, image: one(file) }).omit({ images: true, mask: true }),
};

/** Every field that a request for images can have. */
export const imageFieldNames: readonly string[] = Object.keys(editFields);

/** Other names of fields, as other servers have them. */
const synonyms: Readonly<Record<string, string>> = {
  rng_seed: "seed",
  steps: "num_inference_steps",
  step: "num_inference_steps",
  cfg_scale: "guidance_scale",
  guidance: "guidance_scale",
  num_images_per_prompt: "n",
  denoising_strength: "strength",
  class_label: "class_labels",
  labels: "class_labels",
  loras: "lora",
};

/** OpenAI's fields without a meaning for these models. They are accepted, so that clients need no change. */
const meaningless: readonly string[] = [
  "user",
  "quality",
  "style",
  "moderation",
  "background",
  "input_fidelity",
  "safety_identifier",
];

/** A body as read from a request. */
export interface ReadBody {
  readonly body: ImageBody;
  /** The fields that had no effect. */
  readonly ignored: readonly string[];
}

/** Options of {@link readImageBody}. */
export interface ReadBodyOptions {
  readonly endpoint: "generation" | "edit";
  /** Whether unknown fields are refused. */
  readonly strict: boolean;
}

/**
 * Reads the body of a request for images: null counts as left out, synonyms are known, and fields that no image depends on
 * are put aside.
 *
 * @throws ApiError 400 that names the field.
 */
export function readImageBody(given: unknown, { endpoint, strict }: ReadBodyOptions): ReadBody {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw invalidValue("body", "The body must be a JSON object.");
  }
  const schema = endpoint === "generation" ? generationSchema : editSchema;
  const { known, unknown } = sortFields(given, Object.keys(schema.shape));
  const [first] = unknown.filter((name) => !meaningless.includes(name));
  if (strict && first !== undefined) throw unknownField(first, Object.keys(schema.shape));
  const result = schema.safeParse(known);
  if (!result.success) throw invalidField(result.error, known);
  return { body: result.data, ignored: unknown };
}

function sortFields(
  given: object,
  names: readonly string[],
): { readonly known: Readonly<Record<string, unknown>>; readonly unknown: readonly string[] } {
  const known: Record<string, unknown> = {};
  const spelled = new Map<string, string>();
  const unknown: string[] = [];
  for (const [field, value] of Object.entries(given)) {
    if (value === null || value === undefined) continue;
    const name = Object.hasOwn(synonyms, field) ? (synonyms[field] as string) : field;
    if (!names.includes(name)) {
      unknown.push(field);
      continue;
    }
    const before = spelled.get(name);
    if (before !== undefined && JSON.stringify(known[name]) !== JSON.stringify(value)) {
      throw invalidValue(field, `\`${before}\` and \`${field}\` mean the same and differ. Send one of them.`);
    }
    spelled.set(name, field);
    known[name] = value;
  }
  return { known, unknown };
}

function unknownField(field: string, names: readonly string[]): ApiError {
  const nearest = nearestName(field, names);
  const hint = nearest === undefined ? "Leave it out." : `Did you mean \`${nearest}\`?`;
  return new ApiError({
    ...{ status: 400, code: "unknown_parameter", param: field },
    message: `\`${field}\` is not a field of this request. ${hint}`,
  });
}
