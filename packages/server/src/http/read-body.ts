import type { UploadedImages } from "../service/read-inputs.ts";
import { ApiError, invalidValue } from "./api-error.ts";

const smallBody = 2 ** 16;

/**
 * The bytes of a body, counted while they arrive.
 *
 * @throws ApiError 413 if there are more than `limit`.
 */
export async function readBytes(request: Request, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const tooLarge = (): ApiError =>
    new ApiError({
      status: 413,
      code: "body_too_large",
      message: `The body has more than ${limit} bytes, the limit here.`,
    });
  const announced = Number(request.headers.get("content-length") ?? Number.NaN);
  if (announced > limit) throw tooLarge();
  // HTTP servers pass on no more than was announced. Reading at once is faster than a stream, for what is small.
  if (announced <= smallBody) {
    const whole = new Uint8Array(await request.arrayBuffer());
    if (whole.length > limit) throw tooLarge();
    return whole;
  }
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = request.body?.getReader();
  while (reader !== undefined) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > limit) {
      await reader.cancel().catch(() => undefined);
      throw tooLarge();
    }
    parts.push(value);
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/** A JSON document. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new ApiError({ status: 400, code: "invalid_json", message: "The body is not valid JSON." });
  }
}

/** The media type of a body, without its parameters. */
export function mediaTypeOf(request: Request): string {
  return (request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}

/** A form page of another site can send no other type without asking first. */
export function requireMediaType(request: Request, accepted: readonly string[]): void {
  const found = mediaTypeOf(request);
  if (accepted.includes(found)) return;
  const message = `Expected a body of ${accepted.join(" or ")}; found ${found === "" ? "no content type" : found.slice(0, 100)}.`;
  throw new ApiError({ status: 415, code: "unsupported_media_type", message });
}

/** A multipart request for images: its fields as JSON values, and its files. */
export interface ImageForm {
  readonly body: Readonly<Record<string, unknown>>;
  readonly uploaded: UploadedImages;
}

const imageFields: readonly string[] = ["image", "image[]"];
/** Fields that are numbers, true or false in JSON. In a form, everything is text. */
const textFields: readonly string[] = [
  "prompt",
  "negative_prompt",
  "model",
  "size",
  "response_format",
  "output_format",
  "user",
];

/**
 * Reads a multipart request for images. `image` and `image[]` are the same, and may be repeated.
 *
 * @throws ApiError 400, 413
 */
export async function readImageForm(
  request: Request,
  bytes: Uint8Array<ArrayBuffer>,
  limit: { readonly images: number },
): Promise<ImageForm> {
  const form = await parseForm(request, bytes);
  const images: Uint8Array[] = [];
  const body: Record<string, unknown> = {};
  let mask: Uint8Array | undefined;
  for (const [name, value] of form) {
    if (imageFields.includes(name)) images.push(await requireFile(name, value));
    else if (name === "mask") mask = await requireFile(name, value);
    else addField(body, name, value);
  }
  if (images.length > limit.images)
    throw invalidValue(
      "image",
      `\`image\`: expected at most ${limit.images} images; found ${images.length}.`,
    );
  return { body, uploaded: { images, mask } };
}

async function parseForm(request: Request, bytes: Uint8Array<ArrayBuffer>): Promise<FormData> {
  const type = request.headers.get("content-type") ?? "";
  try {
    return await new Response(bytes, { headers: { "content-type": type } }).formData();
  } catch {
    const message = "The body is not a valid multipart form: its boundary is missing, or it is cut short.";
    throw new ApiError({ status: 400, code: "invalid_multipart", message });
  }
}

async function requireFile(name: string, value: FormDataEntryValue): Promise<Uint8Array> {
  if (typeof value === "string") throw invalidValue(name, `\`${name}\`: expected a file; found text.`);
  return new Uint8Array(await value.arrayBuffer());
}

function addField(body: Record<string, unknown>, name: string, value: FormDataEntryValue): void {
  if (typeof value !== "string") throw invalidValue(name, `\`${name}\`: expected text; found a file.`);
  const isList = name.endsWith("[]");
  const key = isList ? name.slice(0, -2) : name;
  const parsed = textFields.includes(key) ? value : parseField(value);
  const before = body[key];
  if (before === undefined) body[key] = isList ? [parsed] : parsed;
  else body[key] = [...(Array.isArray(before) ? before : [before]), parsed];
}

function parseField(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
