import { z } from "@hono/zod-openapi";
import type { ServiceApp } from "../http/app.ts";
import { describeRoute, pageOf } from "../http/describe-route.ts";
import { type BatchEndpoint, batchEndpoints } from "./parse-line.ts";

/** What a body for a batch has. */
interface CreateBatchBody {
  readonly input_file_id: string;
  readonly endpoint: BatchEndpoint;
  readonly completion_window: "24h";
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly output_expires_after?: { readonly anchor: "created_at"; readonly seconds: number } | undefined;
}

/** The body of a request for a batch. */
export const createBatchSchema: z.ZodType<CreateBatchBody> = z
  .object({
    input_file_id: z.string().openapi({ description: "A file of purpose batch: a request a line" }),
    endpoint: z.enum(batchEndpoints),
    completion_window: z.literal("24h"),
    metadata: z.record(z.string(), z.string().max(512)).optional(),
    output_expires_after: z
      .object({ anchor: z.literal("created_at"), seconds: z.number().int().min(3600).max(2_592_000) })
      .optional(),
  })
  .openapi("CreateBatchRequest");

const time = z.number().int().openapi({ description: "In seconds since 1970" });
const fault = z.object({
  code: z.string(),
  message: z.string(),
  line: z.number().int().nullable(),
  param: z.string().nullable(),
});

/** A batch, as an answer has it. */
const batchSchema = z
  .object({
    id: z.string(),
    object: z.literal("batch"),
    endpoint: z.enum(batchEndpoints),
    input_file_id: z.string(),
    completion_window: z.literal("24h"),
    status: z.enum([
      "validating",
      "in_progress",
      "finalizing",
      "completed",
      "failed",
      "expired",
      "cancelling",
      "cancelled",
    ]),
    metadata: z.record(z.string(), z.string()).nullable(),
    errors: z.object({ object: z.literal("list"), data: z.array(fault) }).optional(),
    output_file_id: z.string().optional(),
    error_file_id: z.string().optional(),
    created_at: time,
    expires_at: time,
    in_progress_at: time.optional(),
    finalizing_at: time.optional(),
    completed_at: time.optional(),
    failed_at: time.optional(),
    expired_at: time.optional(),
    cancelling_at: time.optional(),
    cancelled_at: time.optional(),
    request_counts: z.object({
      total: z.number().int(),
      completed: z.number().int(),
      failed: z.number().int(),
    }),
  })
  .openapi("Batch");

/** Adds the routes of batches to `/openapi.json`. */
export function describeBatches(app: ServiceApp): void {
  const path = "/v1/batches";
  const answer = { "application/json": batchSchema };
  describeRoute(app, {
    ...{ method: "post", path, summary: "Starts a batch" },
    ...{ body: { "application/json": createBatchSchema }, answer },
  });
  describeRoute(app, {
    ...{ method: "get", path, summary: "The batches of this key" },
    query: { limit: z.number().int().min(1).max(100).optional(), after: z.string().optional() },
    answer: { "application/json": pageOf(batchSchema) },
  });
  describeRoute(app, { method: "get", path: `${path}/{id}`, summary: "A batch", answer });
  describeRoute(app, {
    ...{ method: "post", path: `${path}/{id}/cancel`, summary: "Ends a batch before its time" },
    answer,
  });
}
