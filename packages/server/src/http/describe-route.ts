import { z } from "@hono/zod-openapi";
import type { ServiceApp } from "./app.ts";

/** A route, for the document of the API. */
export interface RouteDescription {
  readonly method: "get" | "post" | "delete";
  readonly path: string;
  readonly summary: string;
  /** What the body may be, by media type. */
  readonly body?: Readonly<Record<string, z.ZodType>> | undefined;
  /** What follows `?`, by name. */
  readonly query?: Readonly<Record<string, z.ZodType>> | undefined;
  /** What it answers with, by media type. */
  readonly answer: Readonly<Record<string, z.ZodType>>;
}

const errorSchema = z
  .object({
    error: z.object({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable(),
      code: z.string().nullable(),
    }),
  })
  .openapi("Error");

/** The bytes of a file. */
export const binarySchema: z.ZodType = z.string().openapi({ type: "string", format: "binary" });

/** A JSON body or answer. */
export const json = (schema: z.ZodType): Readonly<Record<string, z.ZodType>> => ({
  "application/json": schema,
});

/** A page of a list. */
export const pageOf = (item: z.ZodType): z.ZodType =>
  z.object({
    object: z.literal("list"),
    data: z.array(item),
    has_more: z.boolean(),
    first_id: z.string().nullable(),
    last_id: z.string().nullable(),
  });

/** Adds a route to `/openapi.json`. Its parameters are those in braces in the path. */
export function describeRoute(
  { openAPIRegistry }: ServiceApp,
  { method, path, summary, body, query, answer }: RouteDescription,
): void {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  const params = z.object(Object.fromEntries(names.map((name) => [name, z.string()])));
  openAPIRegistry.registerPath({
    ...{ method, path, summary },
    request: {
      ...(names.length > 0 ? { params } : {}),
      ...(query === undefined ? {} : { query: z.object(query) }),
      ...(body === undefined ? {} : { body: { required: true, content: contentOf(body) } }),
    },
    responses: {
      200: { description: "What was asked for", content: contentOf(answer) },
      default: { description: "An error", content: contentOf({ "application/json": errorSchema }) },
    },
  });
}

function contentOf(schemas: Readonly<Record<string, z.ZodType>>): Record<string, { schema: z.ZodType }> {
  return Object.fromEntries(Object.entries(schemas).map(([type, schema]) => [type, { schema }]));
}
