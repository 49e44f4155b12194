import { z } from "@hono/zod-openapi";
import type { ServiceApp } from "../http/app.ts";
import { binarySchema, describeRoute, json, pageOf } from "../http/describe-route.ts";

/** What an uploaded file may be for. */
export const uploadPurposes: readonly ["batch", "vision", "user_data"] = ["batch", "vision", "user_data"];

/** The form of an upload. */
const uploadSchema = z
  .object({
    file: binarySchema,
    purpose: z.enum(uploadPurposes),
    "expires_after[anchor]": z.literal("created_at").optional(),
    "expires_after[seconds]": z.number().int().min(3600).max(2_592_000).optional(),
  })
  .openapi("UploadFileRequest");

/** A file, as an answer has it. */
const fileSchema = z
  .object({
    id: z.string(),
    object: z.literal("file"),
    bytes: z.number().int(),
    created_at: z.number().int().openapi({ description: "In seconds since 1970" }),
    filename: z.string(),
    purpose: z.enum([...uploadPurposes, "batch_output"]),
    status: z.literal("processed"),
    expires_at: z.number().int().optional(),
  })
  .openapi("File");

/** Adds the routes of files to `/openapi.json`. */
export function describeFiles(app: ServiceApp): void {
  const path = "/v1/files";
  describeRoute(app, {
    ...{ method: "post", path, summary: "Uploads a file" },
    ...{ body: { "multipart/form-data": uploadSchema }, answer: json(fileSchema) },
  });
  describeRoute(app, {
    ...{ method: "get", path, summary: "The files of this key" },
    query: {
      limit: z.number().int().min(1).max(10_000).optional(),
      order: z.enum(["asc", "desc"]).optional(),
      after: z.string().optional(),
      purpose: z.string().optional(),
    },
    answer: json(pageOf(fileSchema)),
  });
  describeRoute(app, {
    ...{ method: "get", path: `${path}/{id}`, summary: "What is known of a file" },
    answer: json(fileSchema),
  });
  describeRoute(app, {
    ...{ method: "get", path: `${path}/{id}/content`, summary: "A file" },
    answer: { "application/octet-stream": binarySchema },
  });
  describeRoute(app, {
    ...{ method: "delete", path: `${path}/{id}`, summary: "Deletes a file" },
    answer: json(z.object({ id: z.string(), object: z.literal("file"), deleted: z.literal(true) })),
  });
}
