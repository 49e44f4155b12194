import { ConsistencyModelPipeline } from "@onestep/pipelines";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createHandler, type Handler } from "../create-handler.ts";
import { Activity } from "../operation/activity.ts";
import { addServiceRoutes } from "../operation/service-routes.node.ts";

let pipe: ConsistencyModelPipeline;
let handler: Handler;

beforeAll(async () => {
  pipe = await ConsistencyModelPipeline.fromPretrained();
  handler = createHandler({ models: { m: pipe }, maxBatch: 1 });
  const { queue } = handler.parts;
  const activity = new Activity({ queue, version: "1", cards: () => handler.prepare() });
  addServiceRoutes(handler.app, handler.parts, { readStatus: activity.read });
});

afterAll(async () => {
  await handler.close();
  await pipe.dispose();
});

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> };
}

interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, { readonly properties: Readonly<Record<string, object>> }>>;
  };
}

async function readDocument(): Promise<ApiDocument> {
  const response = await handler(new Request("http://localhost/openapi.json"));
  return (await response.json()) as ApiDocument;
}

it("the document of the API has every route of /v1, and no other", async () => {
  const { paths } = await readDocument();
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  const routes = handler.app.routes
    .filter(({ method, path }) => method !== "ALL" && path.startsWith("/v1/"))
    // What a signed URL points to is no part of the API: clients take it as it is.
    .filter(({ path }) => !path.startsWith("/v1/images/content/"))
    .map(({ method, path }) => `${method.toLowerCase()} ${path.replace(/:(\w+)(\{.*?\})?/g, "{$1}")}`);
  expect(described.sort()).toEqual([...new Set(routes)].sort());
});

it("its bodies are those that are checked", async () => {
  const { paths, components } = await readDocument();
  const { CreateImageRequest, CreateBatchRequest } = components.schemas;
  expect(CreateImageRequest?.properties["num_inference_steps"]).toEqual({ type: "integer", minimum: 1 });
  expect(CreateBatchRequest?.properties["completion_window"]).toMatchObject({ enum: ["24h"] });
  const edits = paths["/v1/images/edits"]?.["post"]?.requestBody?.content ?? {};
  expect(Object.keys(edits)).toEqual(["application/json", "multipart/form-data"]);
  const cancel = paths["/v1/batches/{id}/cancel"]?.["post"];
  expect(cancel?.parameters).toEqual([
    expect.objectContaining({ name: "id", in: "path", required: true, schema: { type: "string" } }),
  ]);
});
