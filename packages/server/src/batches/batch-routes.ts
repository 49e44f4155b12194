import { isRecord } from "@onestep/core/internal";
import { checkExpiry, readLimit } from "../files/file-routes.ts";
import type { FileStore } from "../files/file-store.ts";
import { missing } from "../files/read-upload.node.ts";
import { type ApiError, invalidValue } from "../http/api-error.ts";
import type { ServiceApp } from "../http/app.ts";
import { parseJson, readBytes, requireMediaType } from "../http/read-body.ts";
import type { BatchRunner } from "./batch-runner.ts";
import type { BatchStore } from "./batch-store.ts";
import { type BatchEndpoint, batchEndpoints } from "./parse-line.ts";

/** What the routes of batches need. */
export interface BatchRouteOptions {
  readonly batches: BatchStore;
  readonly files: FileStore;
  /** Is woken when there is something to do. */
  readonly runner: Pick<BatchRunner, "wake">;
}

const bodyBytes = 65_536;

/** Adds OpenAI's `/v1/batches`. */
export function batchRoutes(app: ServiceApp, { batches, files, runner }: BatchRouteOptions): void {
  app.post("/v1/batches", async (context) => {
    const owner = context.get("owner");
    requireMediaType(context.req.raw, ["application/json"]);
    const request = readRequest(parseJson(await readBytes(context.req.raw, bodyBytes)));
    const file = await files.find(owner, request.inputFileId);
    if (file === undefined)
      throw invalidValue("input_file_id", "`input_file_id`: there is no file of that id.");
    if (file.purpose !== "batch") {
      throw invalidValue(
        "input_file_id",
        `\`input_file_id\`: expected a file of purpose "batch"; found "${file.purpose}".`,
      );
    }
    const batch = await batches.create({ owner, ...request });
    runner.wake();
    return context.json(batch);
  });

  app.get("/v1/batches", async (context) => {
    const limit = readLimit(context.req.query("limit"), { most: 100, otherwise: 20 });
    return context.json(
      await batches.list(context.get("owner"), { limit, after: context.req.query("after") }),
    );
  });

  app.get("/v1/batches/:id", async (context) =>
    context.json(await batches.get(context.get("owner"), context.req.param("id"))),
  );

  app.post("/v1/batches/:id/cancel", async (context) => {
    const batch = await batches.cancel(context.get("owner"), context.req.param("id"));
    runner.wake();
    return context.json(batch);
  });
}

interface BatchRequest {
  readonly inputFileId: string;
  readonly endpoint: BatchEndpoint;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly outputExpiresAfter: number | undefined;
}

function readRequest(body: unknown): BatchRequest {
  if (!isRecord(body)) throw invalidValue("body", "The body must be a JSON object.");
  const fields = body as Readonly<Record<string, unknown>>;
  const { input_file_id: inputFileId, endpoint: given, completion_window: completionWindow } = fields;
  for (const name of ["input_file_id", "endpoint", "completion_window"]) {
    if (fields[name] === undefined || fields[name] === null) throw missing(name);
  }
  if (typeof inputFileId !== "string")
    throw invalidValue("input_file_id", "`input_file_id`: expected the id of a file.");
  const endpoint = batchEndpoints.find((known) => known === given);
  if (endpoint === undefined) {
    throw invalidValue("endpoint", `\`endpoint\`: expected ${batchEndpoints.join(" or ")}.`);
  }
  if (completionWindow !== "24h")
    throw invalidValue("completion_window", '`completion_window`: expected "24h".');
  const expiry = fields["output_expires_after"] ?? undefined;
  if (expiry !== undefined && !isRecord(expiry)) {
    throw invalidValue("output_expires_after", "`output_expires_after`: expected `anchor` and `seconds`.");
  }
  return {
    inputFileId,
    endpoint,
    metadata: readMetadata(fields["metadata"]),
    outputExpiresAfter: expiry && checkExpiry(expiry, "output_expires_after"),
  };
}

function readMetadata(given: unknown): Readonly<Record<string, string>> | null {
  if (given === undefined || given === null) return null;
  const entries = isRecord(given) && !Array.isArray(given) ? Object.entries(given) : undefined;
  if (entries === undefined) throw invalidMetadata("an object of texts");
  if (entries.length > 16) throw invalidMetadata("at most 16 pairs");
  for (const [name, value] of entries) {
    if (name.length > 64) throw invalidMetadata("keys of at most 64 characters");
    if (typeof value !== "string" || value.length > 512)
      throw invalidMetadata("texts of at most 512 characters");
  }
  return Object.fromEntries(entries as [string, string][]);
}

function invalidMetadata(expected: string): ApiError {
  return invalidValue("metadata", `\`metadata\`: expected ${expected}.`);
}
