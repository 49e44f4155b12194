import { OnestepError, RasterImage } from "@onestep/core";
import { fromBase64 } from "@onestep/core/internal/base64";
import { decodePngOpacity } from "@onestep/core/internal/png-opacity";
import { ApiError, invalidValue } from "../http/api-error.ts";
import type { ServiceLimits } from "../limits.ts";
import type { ImageStorage } from "../storage/storage.ts";
import type { ImageBody, ImageReference } from "./image-body.ts";
import type { InputImage } from "./plan-jobs.ts";

/** The files of a multipart request. */
export interface UploadedImages {
  readonly images: readonly Uint8Array[];
  readonly mask?: Uint8Array | undefined;
}

/** Which pixels a mask repaints: those that are transparent, as in OpenAI's API, or those that are white. */
export type MaskRule = "alpha" | "luminance";

/** Images of a request, in the storage. */
export interface StoredInputs {
  readonly images: readonly InputImage[];
  readonly mask: InputImage | undefined;
  readonly maskRule: MaskRule | undefined;
}

/** Options of {@link readInputs}. */
export interface InputOptions {
  readonly storage: ImageStorage;
  readonly limits: ServiceLimits;
  /** The beginning of the keys. */
  readonly jobId: string;
  /** Whether they must survive a restart. */
  readonly durable: boolean;
  /** The content of an uploaded file; undefined if the caller has none of that id. */
  readonly readFile?: ((id: string) => Promise<Uint8Array | undefined>) | undefined;
}

/**
 * Decodes the images that a client sent, and stores them as plain PNGs. The header of an image is read before its pixels,
 * and no address is fetched.
 *
 * @throws ApiError 400, 413 that names the field.
 */
export async function readInputs(
  body: Pick<ImageBody, "images" | "mask">,
  uploaded: UploadedImages | undefined,
  options: InputOptions,
): Promise<StoredInputs> {
  const folder = `${options.durable ? "results" : "inputs"}/${options.jobId}`;
  const sent = uploaded?.images ?? (await readReferences(body.images ?? [], options));
  if (sent.length === 0) {
    const message = "`image` is missing: send a PNG, JPEG or WebP.";
    throw new ApiError({ status: 400, code: "missing_required_parameter", param: "image", message });
  }
  const decoded = await Promise.all(sent.map((bytes) => decode(bytes, "image", options)));
  const [mask] =
    uploaded?.mask === undefined
      ? await readReferences(body.mask === undefined ? [] : [body.mask], options, "mask")
      : [uploaded.mask];
  const rule = mask === undefined ? undefined : await readMask(mask, options);
  const [first] = decoded;
  if (rule !== undefined && first !== undefined && !isSameSize(rule.mask, first)) {
    throw invalidValue(
      "mask",
      `\`mask\`: expected ${first.width}x${first.height}, the size of the image; found ${rule.mask.width}x${rule.mask.height}.`,
    );
  }
  return {
    images: await Promise.all(
      decoded.map((image, index) => store(image, `${folder}/image-${index}.png`, options)),
    ),
    mask: rule === undefined ? undefined : await store(rule.mask, `${folder}/mask.png`, options),
    maskRule: rule?.maskRule,
  };
}

async function readReferences(
  references: readonly ImageReference[],
  options: InputOptions,
  param = "images",
): Promise<readonly Uint8Array[]> {
  return Promise.all(references.map((reference) => readReference(reference, param, options)));
}

async function readReference(
  { image_url: url, file_id: id }: ImageReference,
  param: string,
  { readFile }: InputOptions,
): Promise<Uint8Array> {
  if ((url === undefined) === (id === undefined)) {
    throw invalidValue(param, `\`${param}\`: expected \`image_url\` or \`file_id\`, one of the two.`);
  }
  if (url !== undefined) {
    const match = /^data:image\/(?:png|jpeg|webp);base64,/.exec(url);
    const bytes = match === null ? undefined : fromBase64(url.slice(match[0].length));
    if (bytes !== undefined) return bytes;
    throw invalidValue(
      param,
      `\`${param}\`: expected a data URL of a PNG, JPEG or WebP (data:image/png;base64,…). Other addresses are not fetched.`,
    );
  }
  const bytes = await readFile?.(id ?? "");
  if (bytes !== undefined) return bytes;
  throw invalidValue(param, `\`${param}\`: there is no file of that id.`);
}

async function decode(bytes: Uint8Array, param: string, { limits }: InputOptions): Promise<RasterImage> {
  try {
    return await RasterImage.decode(bytes, { maxPixels: limits.inputPixels });
  } catch (cause) {
    throw toApiError(cause, param, limits);
  }
}

function toApiError(cause: unknown, param: string, { inputPixels }: ServiceLimits): unknown {
  if (!OnestepError.isInstance(cause)) return cause;
  const { expected = "", found = "" } = cause.problem ?? {};
  if (expected.endsWith("pixels") && expected.startsWith("at most")) {
    const message = `\`${param}\`: an image of ${found}; at most ${inputPixels} are accepted. Make it smaller.`;
    return new ApiError({ status: 413, code: "image_too_large", param, message, cause });
  }
  return new ApiError({
    status: 400,
    code: "invalid_image",
    param,
    message: `\`${param}\`: ${cause.message}`,
    cause,
  });
}

/** A mask as pipelines take it, white where the image is repainted. Opacity decides if there is any, as in OpenAI's API. */
async function readMask(
  bytes: Uint8Array,
  options: InputOptions,
): Promise<{ readonly mask: RasterImage; readonly maskRule: MaskRule }> {
  const mask = await decode(bytes, "mask", options);
  const isPng = bytes[0] === 0x89 && bytes[1] === 0x50;
  const opacity = isPng ? await decodePngOpacity(bytes, options.limits.inputPixels) : undefined;
  if (opacity === undefined) return { mask, maskRule: "luminance" };
  const data = opacity.data.map((value) => 255 - value);
  return { mask: new RasterImage({ ...opacity, data }), maskRule: "alpha" };
}

function isSameSize(one: RasterImage, other: RasterImage): boolean {
  return one.width === other.width && one.height === other.height;
}

async function store(image: RasterImage, key: string, { storage }: InputOptions): Promise<InputImage> {
  await storage.put(key, await image.toPng(), { mediaType: "image/png", replace: true });
  return { key, width: image.width, height: image.height };
}
