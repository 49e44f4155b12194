import { isRecord } from "@onestep/core/internal";
import { readLimit } from "../files/file-routes.ts";
import type { FileStore } from "../files/file-store.ts";
import { missing } from "../files/read-upload.node.ts";
import { invalidValue } from "../http/api-error.ts";
import type { ServiceApp } from "../http/app.ts";
import { invalidField } from "../http/invalid-field.ts";
import { parseJson, readBytes, requireMediaType } from "../http/read-body.ts";
import type { BatchRunner } from "./batch-runner.ts";
import { createBatchSchema, describeBatches } from "./batch-schemas.ts";
import type { BatchStore } from "./batch-store.ts";
import type { BatchEndpoint } from "./parse-line.ts";

/** What the routes of batches need. */
export interface BatchRouteOptions {
  readonly batches: BatchStore;
  readonly files: FileStore;
  /** Is woken when there is something to do. */
  readonly runner: Pick<BatchRunner, "wake">;
}

const bodyBytes = 65_536;

/** Adds OpenAI's `/v1/batches`, and describes it in `/openapi.json`. */
export function batchRoutes(app: ServiceApp, { batches, files, runner }: BatchRouteOptions): void {
  describeBatches(app);
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

const required = ["input_file_id", "endpoint", "completion_window"] as const;

function readRequest(body: unknown): BatchRequest {
  if (!isRecord(body)) throw invalidValue("body", "The body must be a JSON object.");
  const fields = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
  for (const name of required) if (fields[name] === undefined) throw missing(name);
  const result = createBatchSchema.safeParse(fields);
  if (!result.success) throw invalidField(result.error, fields);
  const { input_file_id: inputFileId, endpoint, metadata = null, output_expires_after } = result.data;
  const names = Object.keys(metadata ?? {});
  if (names.length > 16 || names.some((name) => name.length > 64)) {
    throw invalidValue(
      "metadata",
      "`metadata`: expected at most 16 pairs, with names of at most 64 characters.",
    );
  }
  return { inputFileId, endpoint, metadata, outputExpiresAfter: output_expires_after?.seconds };
}
