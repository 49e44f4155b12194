import { Busboy, type BusboyFileStream } from "@fastify/busboy";
import { ApiError, invalidValue } from "../http/api-error.ts";
import { requireMediaType } from "../http/read-body.ts";

/** An upload whose file has been saved. */
export interface Upload<Saved> {
  readonly fields: ReadonlyMap<string, string>;
  readonly filename: string;
  readonly bytes: number;
  /** What `save` returned. */
  readonly saved: Saved;
}

/** Options of {@link readUpload}. */
export interface UploadOptions<Saved> {
  /** The most bytes of the file. */
  readonly maxBytes: number;
  /** Saves the content of the file while it arrives. */
  readonly save: (content: ReadableStream<Uint8Array>) => Promise<Saved>;
  /** Forgets what was saved, if the request turns out to be invalid. */
  readonly discard: (saved: Saved) => Promise<void>;
}

/** How many bytes a request has besides its file. */
const overhead = 65_536;

/**
 * Reads a multipart request with one `file`, which is saved while it arrives. Bytes are counted, whatever the request says
 * of its length.
 *
 * @throws ApiError 400, 413, 415
 */
export async function readUpload<Saved>(
  request: Request,
  options: UploadOptions<Saved>,
): Promise<Upload<Saved>> {
  requireMediaType(request, ["multipart/form-data"]);
  const { maxBytes } = options;
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes + overhead) throw tooLarge(maxBytes);
  const form = new UploadForm(request.headers.get("content-type") ?? "", options);
  try {
    let length = 0;
    for await (const chunk of readBody(request)) {
      length += chunk.length;
      if (length > maxBytes + overhead) throw tooLarge(maxBytes);
      await form.write(chunk);
    }
    return await form.end();
  } catch (error) {
    await form.abandon(error);
    throw error;
  }
}

/** The parser of one request. */
class UploadForm<Saved> {
  readonly #parser: InstanceType<typeof Busboy>;
  readonly #options: UploadOptions<Saved>;
  readonly #fields = new Map<string, string>();
  readonly #finished: Promise<void>;
  /** Rejects with what goes wrong first. */
  readonly #failed: Promise<never>;
  #fail: (error: unknown) => void = () => {};
  #file: UploadedFile<Saved> | undefined;

  constructor(contentType: string, options: UploadOptions<Saved>) {
    this.#options = options;
    this.#parser = createParser(contentType);
    this.#failed = new Promise((_resolve, reject) => {
      this.#fail = reject;
    });
    this.#failed.catch(() => {});
    this.#finished = new Promise((resolve) => this.#parser.once("finish", resolve));
    this.#parser.on("error", (cause) => this.#fail(malformed(cause)));
    this.#parser.on("field", (name, value, isNameCut, isValueCut) =>
      this.#takeField(name, value, isNameCut || isValueCut),
    );
    this.#parser.on("file", (name, stream, filename) => this.#takeFile(name, stream, filename));
    for (const limit of ["partsLimit", "filesLimit", "fieldsLimit"] as const) {
      this.#parser.on(limit, () =>
        this.#fail(invalidValue("file", "Expected one file, in the field `file`.")),
      );
    }
  }

  async write(chunk: Uint8Array): Promise<void> {
    const written = new Promise((resolve) => this.#parser.write(chunk, resolve));
    await Promise.race([written, this.#failed]);
  }

  async end(): Promise<Upload<Saved>> {
    this.#parser.end();
    await Promise.race([this.#finished, this.#failed]);
    const file = this.#file;
    if (file === undefined) throw missing("file");
    const saved = await Promise.race([file.saved, this.#failed]);
    return { fields: this.#fields, filename: file.filename, bytes: file.bytes, saved };
  }

  /** Leaves nothing of the file. */
  async abandon(error: unknown): Promise<void> {
    this.#parser.destroy();
    const file = this.#file;
    if (file === undefined) return;
    file.stop(error);
    const saved = await file.saved.catch(() => undefined);
    if (saved !== undefined) await this.#options.discard(saved).catch(() => {});
  }

  #takeField(name: string, value: string, isCut: boolean): void {
    if (isCut) this.#fail(invalidValue(name, `\`${name.slice(0, 100)}\` is too long.`));
    else if (this.#fields.has(name)) this.#fail(invalidValue(name, `\`${name}\` is there twice.`));
    this.#fields.set(name, value);
  }

  #takeFile(name: string, stream: BusboyFileStream, filename: string | undefined): void {
    if (name !== "file" || this.#file !== undefined) {
      stream.on("error", () => {}).resume();
      this.#fail(invalidValue("file", "Expected one file, in the field `file`."));
      return;
    }
    const file = new UploadedFile(stream, filename ?? "upload", this.#options);
    this.#file = file;
    file.saved.catch((error: unknown) => this.#fail(error));
  }
}

/** The file of a request, on its way to where it is saved. */
class UploadedFile<Saved> {
  readonly filename: string;
  readonly saved: Promise<Saved>;
  bytes = 0;
  readonly #stream: BusboyFileStream;
  #stopped: unknown;

  constructor(stream: BusboyFileStream, filename: string, { maxBytes, save }: UploadOptions<Saved>) {
    this.filename = filename;
    this.#stream = stream;
    // The parser may report that the request is cut short when the content has been read.
    stream.on("error", () => {});
    if (filename.length > 255)
      this.stop(invalidValue("file", "The name of the file has more than 255 characters."));
    this.saved = save(this.#toWebStream(stream, maxBytes));
  }

  stop(error: unknown): void {
    this.#stopped ??= error;
    this.#stream.destroy();
  }

  #toWebStream(stream: BusboyFileStream, maxBytes: number): ReadableStream<Uint8Array> {
    const chunks: AsyncIterator<Uint8Array> = stream[Symbol.asyncIterator]();
    const next = async (): Promise<IteratorResult<Uint8Array>> => {
      if (this.#stopped !== undefined) throw this.#stopped;
      const result = await chunks.next().catch((cause: unknown) => {
        throw this.#stopped ?? malformed(cause);
      });
      if (this.#stopped !== undefined) throw this.#stopped;
      return result;
    };
    return new ReadableStream(
      {
        pull: async (controller) => {
          const { done, value } = await next();
          if (done === true) return controller.close();
          this.bytes += value.length;
          if (this.bytes > maxBytes) throw tooLarge(maxBytes);
          controller.enqueue(value);
        },
        cancel: () => {
          stream.destroy();
        },
      },
      { highWaterMark: 0 },
    );
  }
}

function createParser(contentType: string): InstanceType<typeof Busboy> {
  try {
    return new Busboy({
      headers: { "content-type": contentType },
      isPartAFile: (name, _type, filename) => name === "file" || filename !== undefined,
      limits: { files: 1, fields: 16, parts: 18, fieldSize: 4096, fieldNameSize: 100, headerPairs: 100 },
    });
  } catch (cause) {
    throw malformed(cause);
  }
}

async function* readBody(request: Request): AsyncGenerator<Uint8Array> {
  const reader = request.body?.getReader();
  try {
    while (reader !== undefined) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw malformed(cause);
      });
      if (done) return;
      yield value;
    }
  } finally {
    await reader?.cancel().catch(() => {});
  }
}

function malformed(cause: unknown): ApiError {
  const message = "The body is not a valid multipart form: its boundary is missing, or it is cut short.";
  return new ApiError({ status: 400, code: "invalid_multipart", message, cause });
}

function tooLarge(maxBytes: number): ApiError {
  const message = `The file is too large: at most ${maxBytes} bytes are accepted.`;
  return new ApiError({ status: 413, code: "file_too_large", param: "file", message });
}

/** A field that is not there. */
export function missing(param: string): ApiError {
  const message = `\`${param}\` is missing.`;
  return new ApiError({ status: 400, code: "missing_required_parameter", param, message });
}
