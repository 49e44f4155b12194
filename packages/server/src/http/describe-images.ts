import { z } from "@hono/zod-openapi";
import { bodySchemas } from "../service/image-body.ts";
import type { ServiceApp } from "./app.ts";
import { binarySchema, describeRoute, json } from "./describe-route.ts";

const imagesSchema = z
  .object({
    created: z.number().int(),
    output_format: z.enum(["png", "jpeg", "webp"]),
    size: z.string(),
    data: z.array(
      z.object({
        b64_json: z.string().optional(),
        url: z.string().optional(),
        seed: z.number().int().openapi({ description: "Makes this image again, alone" }),
      }),
    ),
  })
  .openapi("Images");

const modelSchema = z
  .object({
    id: z.string(),
    object: z.literal("model"),
    created: z.number().int(),
    owned_by: z.string(),
    onestep: z.looseObject({ class: z.string(), tasks: z.array(z.string()), prompt: z.boolean() }),
  })
  .openapi("Model");

/** With `stream`, the answer is a stream of events. */
const images = { ...json(imagesSchema), "text/event-stream": z.string() };

/** Adds the routes of images and models to `/openapi.json`, from the schemas that check the requests. */
export function describeImages(app: ServiceApp): void {
  const { generation, edit, editForm, variationForm } = bodySchemas;
  describeRoute(app, {
    ...{ method: "post", path: "/v1/images/generations", summary: "Makes images" },
    ...{ body: json(generation), answer: images },
  });
  describeRoute(app, {
    ...{ method: "post", path: "/v1/images/edits", summary: "Changes images, as a whole or under a mask" },
    ...{ body: { ...json(edit), "multipart/form-data": editForm(binarySchema) }, answer: images },
  });
  describeRoute(app, {
    ...{ method: "post", path: "/v1/images/variations", summary: "Makes images like another" },
    ...{ body: { ...json(edit), "multipart/form-data": variationForm(binarySchema) }, answer: images },
  });
  describeRoute(app, {
    ...{ method: "get", path: "/v1/models", summary: "The models, and other names of them" },
    answer: json(z.object({ object: z.literal("list"), data: z.array(modelSchema) })),
  });
  describeRoute(app, {
    ...{ method: "get", path: "/v1/models/{id}", summary: "A model" },
    answer: json(modelSchema),
  });
}
