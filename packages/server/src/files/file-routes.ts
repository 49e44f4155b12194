import { ApiError, invalidValue } from "../http/api-error.ts";
import type { ServiceApp } from "../http/app.ts";
import { describeFiles, uploadPurposes } from "./file-schemas.ts";
import type { FilePurpose, FileStore } from "./file-store.ts";
import { missing, readUpload, type Upload } from "./read-upload.node.ts";

/** What the routes of files need. */
export interface FileRouteOptions {
  readonly files: FileStore;
  /** The most bytes of a file, 512 MB by default, and of one for a batch, 200 MB. */
  readonly fileBytes?: number | undefined;
  readonly batchBytes?: number | undefined;
}

/** Adds OpenAI's `/v1/files`, and describes it in `/openapi.json`. */
export function fileRoutes(app: ServiceApp, options: FileRouteOptions): void {
  const { files, fileBytes = 512_000_000, batchBytes = 200_000_000 } = options;

  describeFiles(app);
  app.post("/v1/files", async (context) => {
    const owner = context.get("owner");
    const save = (content: ReadableStream<Uint8Array>): Promise<string> => files.write(owner, content);
    const discard = (id: string): Promise<void> => files.discard(owner, id);
    const upload = await readUpload(context.req.raw, { maxBytes: fileBytes, save, discard });
    try {
      const purpose = readPurpose(upload);
      if (purpose === "batch" && upload.bytes > batchBytes) throw tooLargeForBatch(batchBytes);
      const { filename, bytes } = upload;
      const expiresAfter = readExpiry(upload.fields);
      return context.json(await files.add(owner, upload.saved, { filename, bytes, purpose, expiresAfter }));
    } catch (error) {
      await discard(upload.saved);
      throw error;
    }
  });

  app.get("/v1/files", async (context) => {
    const query = (name: string): string | undefined => context.req.query(name);
    const page = await files.list(context.get("owner"), {
      limit: readLimit(query("limit"), { most: 10_000, otherwise: 10_000 }),
      order: readOrder(query("order")),
      after: query("after"),
      purpose: query("purpose"),
    });
    return context.json(page);
  });

  app.get("/v1/files/:id", async (context) =>
    context.json(await files.get(context.get("owner"), context.req.param("id"))),
  );

  app.get("/v1/files/:id/content", async (context) => {
    const [owner, id] = [context.get("owner"), context.req.param("id")];
    const { bytes } = await files.get(owner, id);
    return context.body(await files.open(owner, id), 200, {
      "content-type": "application/octet-stream",
      "content-length": String(bytes),
      "content-disposition": "attachment",
      "x-content-type-options": "nosniff",
      "cache-control": "private, no-store",
    });
  });

  app.delete("/v1/files/:id", async (context) => {
    const id = context.req.param("id");
    await files.get(context.get("owner"), id);
    await files.delete(context.get("owner"), id);
    return context.json({ id, object: "file", deleted: true });
  });
}

function readPurpose({ fields }: Upload<string>): FilePurpose {
  const given = fields.get("purpose");
  if (given === undefined) throw missing("purpose");
  const purpose = uploadPurposes.find((known) => known === given);
  if (purpose !== undefined) return purpose;
  throw invalidValue(
    "purpose",
    `\`purpose\`: expected ${uploadPurposes.join(", ")}; found ${JSON.stringify(given.slice(0, 60))}.`,
  );
}

function readExpiry(fields: ReadonlyMap<string, string>): number | undefined {
  const anchor = fields.get("expires_after[anchor]");
  const seconds = fields.get("expires_after[seconds]");
  if (anchor === undefined && seconds === undefined) return undefined;
  return checkExpiry(
    { anchor, seconds: seconds === undefined ? undefined : Number(seconds) },
    "expires_after",
  );
}

/**
 * The seconds of an `expires_after`.
 *
 * @throws ApiError 400 unless it is from an hour to 30 days after `created_at`.
 */
export function checkExpiry(
  { anchor, seconds }: { readonly anchor?: unknown; readonly seconds?: unknown },
  param: string,
): number {
  if (anchor !== "created_at") {
    throw invalidValue(`${param}[anchor]`, `\`${param}[anchor]\`: expected "created_at".`);
  }
  if (typeof seconds === "number" && Number.isInteger(seconds) && seconds >= 3600 && seconds <= 2_592_000) {
    return seconds;
  }
  throw invalidValue(
    `${param}[seconds]`,
    `\`${param}[seconds]\`: expected a whole number from 3600 to 2592000.`,
  );
}

/** The `limit` of a list. @throws ApiError 400 */
export function readLimit(
  text: string | undefined,
  { most, otherwise }: { readonly most: number; readonly otherwise: number },
): number {
  if (text === undefined) return otherwise;
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= most) return limit;
  throw invalidValue("limit", `\`limit\`: expected a whole number from 1 to ${most}.`);
}

function readOrder(text = "desc"): "asc" | "desc" {
  if (text === "asc" || text === "desc") return text;
  throw invalidValue("order", '`order`: expected "asc" or "desc".');
}

function tooLargeForBatch(limit: number): ApiError {
  const message = `The file is too large for a batch: at most ${limit} bytes are accepted.`;
  return new ApiError({ status: 413, code: "file_too_large", param: "file", message });
}
