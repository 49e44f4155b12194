import { createReadStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RasterImage, TorchGenerator } from "@onestep/core";
import { ConsistencyModelImg2ImgPipeline, ConsistencyModelInpaintPipeline } from "@onestep/pipelines";
import { toFile } from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generatePng, model, startService, type TestService } from "./__fixtures__/start-service.ts";

let service: TestService;
let folder: string;

beforeAll(async () => {
  service = await startService({ aliases: { "gpt-image-1": model } });
  folder = await mkdtemp(join(tmpdir(), "onestep-images-"));
});

afterAll(async () => {
  await service.close();
  await rm(folder, { recursive: true });
});

/** Fields of ours go through the clients of OpenAI as they are. */
type Params = Parameters<TestService["client"]["images"]["generate"]>[0] & { readonly stream?: false };

describe("the openai package", () => {
  it("gets the images that generate makes, with their seeds", async () => {
    const { client, pipe } = service;
    const answer = await client.images.generate({ model, prompt: "fox", n: 3, seed: 7 } as Params);
    const expected = await Promise.all(
      [7, 8, 9].map((seed) => generatePng(pipe, { classLabels: "fox", seed })),
    );
    expect(answer.data?.map(({ b64_json: image }) => image)).toEqual(
      expected.map((png) => png.toString("base64")),
    );
    expect(answer.data).toMatchObject([{ seed: 7 }, { seed: 8 }, { seed: 9 }]);
    expect(answer).toMatchObject({ output_format: "png", size: "32x32", created: expect.any(Number) });
  });

  it("streams previews, and then the images", async () => {
    const { client, pipe } = service;
    const stream = await client.images.generate({
      ...{ model, prompt: "fox", seed: 7, num_inference_steps: 6, n: 2 },
      ...{ stream: true, partial_images: 3 },
    } as Parameters<typeof client.images.generate>[0] & { stream: true });
    const events: object[] = [];
    for await (const event of stream) events.push(event);
    const ofFirst = events.filter((event) => (event as { image_index?: number }).image_index === 0);
    expect(ofFirst).toMatchObject([
      { type: "image_generation.partial_image", partial_image_index: 0, size: "32x32" },
      { type: "image_generation.partial_image", partial_image_index: 1 },
      { type: "image_generation.partial_image", partial_image_index: 2 },
      { type: "image_generation.completed", seed: 7 },
    ]);
    const expected = await generatePng(pipe, { classLabels: "fox", seed: 8, numInferenceSteps: 6 });
    expect(events.at(-1)).toMatchObject({ seed: 8, b64_json: expected.toString("base64") });
  });

  it("lists models and aliases, and finds those with a slash", async () => {
    const { client } = service;
    const { data } = await client.models.list();
    expect(data.map(({ id }) => id)).toEqual([model, "gpt-image-1"]);
    expect(await client.models.retrieve(model)).toMatchObject({
      id: model,
      object: "model",
      onestep: { prompt: false },
    });
    const raw = await fetch(`${service.url}/v1/models/${model}`);
    expect(await raw.json()).toMatchObject({ id: model });
  });

  it("edits an image, sent as a stream", async () => {
    const { client, pipe } = service;
    const png = await generatePng(pipe, { classLabels: "fox", seed: 7 });
    await writeFile(join(folder, "fox.png"), png);
    const params = {
      model,
      prompt: "panda",
      image: createReadStream(join(folder, "fox.png")),
      seed: 1,
      strength: 0.5,
    };
    const answer = await client.images.edit(
      params as Parameters<typeof client.images.edit>[0] & { stream?: false },
    );
    const edit = ConsistencyModelImg2ImgPipeline.fromPipe(pipe);
    const { images } = await edit.generate({
      image: await RasterImage.fromPng(png),
      ...{ strength: 0.5, classLabels: "panda", generator: [new TorchGenerator(1)] },
    });
    expect(answer.data?.[0]?.b64_json).toBe(Buffer.from((await images[0]?.toPng()) ?? []).toString("base64"));
  });

  it.each(["alpha", "luminance"] as const)("repaints inside a mask by its %s", async (rule) => {
    const { client, pipe, url } = service;
    const png = await generatePng(pipe, { classLabels: "fox", seed: 7 });
    const mask = makeMask(rule);
    const params = {
      model,
      prompt: "fox",
      seed: 2,
      image: await toFile(png, "fox.png", { type: "image/png" }),
      mask: await toFile(await mask.toPng(), "mask.png", { type: "image/png" }),
    };
    const { data: answer, response } = await client.images
      .edit(params as Parameters<typeof client.images.edit>[0] & { stream?: false })
      .withResponse();
    expect(response.headers.get("x-onestep-mask")).toBe(rule);
    const edit = ConsistencyModelInpaintPipeline.fromPipe(pipe);
    const { images } = await edit.generate({
      ...{ image: await RasterImage.fromPng(png), mask: makeMask("luminance") },
      ...{ classLabels: "fox", generator: [new TorchGenerator(2)] },
    });
    expect(answer.data?.[0]?.b64_json).toBe(Buffer.from((await images[0]?.toPng()) ?? []).toString("base64"));
    expect(url).toContain("127.0.0.1");
  });

  it("makes variations", async () => {
    const { client, pipe } = service;
    const png = await generatePng(pipe, { classLabels: "fox", seed: 7 });
    const image = await toFile(png, "fox.png", { type: "image/png" });
    const answer = await client.images.createVariation({ image, n: 2 });
    expect(answer.data).toHaveLength(2);
    expect(answer.data?.[0]?.b64_json).not.toBe(answer.data?.[1]?.b64_json);
  });

  it("reads the error of a wrong request", async () => {
    const call = service.client.images.generate({ model: "dall-e-9", prompt: "fox" } as Params);
    await expect(call).rejects.toMatchObject({
      status: 404,
      code: "model_not_found",
      param: "model",
      type: "invalid_request_error",
      requestID: expect.stringMatching(/^req_/),
    });
  });
});

/** The left half is repainted. */
function makeMask(rule: "alpha" | "luminance"): RasterImage {
  const channels = rule === "alpha" ? 4 : 1;
  const data = new Uint8Array(32 * 32 * channels);
  for (let pixel = 0; pixel < 32 * 32; pixel += 1) {
    const isLeft = pixel % 32 < 16;
    if (rule === "alpha") data.set([9, 9, 9, isLeft ? 0 : 255], 4 * pixel);
    else data[pixel] = isLeft ? 255 : 0;
  }
  return new RasterImage({ width: 32, height: 32, channels, data });
}

describe("a request", () => {
  const body = { model, prompt: "fox", seed: 7 };

  it("gives each image of several again, alone", async () => {
    const all = await (await service.post("/v1/images/generations", { ...body, n: 4 })).json();
    for (const { seed, b64_json: image } of all.data) {
      const alone = await (await service.post("/v1/images/generations", { ...body, seed })).json();
      expect(alone.data[0].b64_json).toBe(image);
    }
  });

  it.each([
    ["steps", { steps: 2 }],
    ["num_inference_steps as null beside it", { step: 2, num_inference_steps: null }],
    ["class_labels by number", { prompt: undefined, class_labels: 8, num_inference_steps: 2 }],
    ["class_label by name", { prompt: undefined, class_label: "fox", num_inference_steps: 2 }],
    ["rng_seed", { seed: undefined, rng_seed: 7, num_inference_steps: 2 }],
    ["a size with another sign", { size: "32×32", num_inference_steps: 2 }],
  ])("takes %s", async (_, fields) => {
    const answer = await (await service.post("/v1/images/generations", { ...body, ...fields })).json();
    const expected = await generatePng(service.pipe, { classLabels: "fox", seed: 7, numInferenceSteps: 2 });
    expect(answer.data?.[0]?.b64_json).toBe(expected.toString("base64"));
  });

  it("takes a label for each image", async () => {
    const answer = await (
      await service.post("/v1/images/generations", { n: 2, seed: 3, class_labels: ["fox", 10] })
    ).json();
    const expected = [
      await generatePng(service.pipe, { classLabels: 8, seed: 3 }),
      await generatePng(service.pipe, { classLabels: 10, seed: 4 }),
    ];
    expect(answer.data.map(({ b64_json: image }: { b64_json: string }) => image)).toEqual(
      expected.map((png) => png.toString("base64")),
    );
  });

  it("names fields without effect in a header", async () => {
    const response = await service.post("/v1/images/generations", {
      ...body,
      foo: 1,
      style: "vivid",
      user: "someone",
    });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-onestep-ignored-fields")).toBe("foo, style, user");
  });

  it("gets a URL that anybody can read for an hour, if it asks", async () => {
    const answer = await (
      await service.post("/v1/images/generations", { ...body, response_format: "url" })
    ).json();
    const [{ url }] = answer.data;
    const image = await fetch(url);
    expect(image.headers.get("content-type")).toBe("image/png");
    expect(Buffer.from(await image.arrayBuffer())).toEqual(
      await generatePng(service.pipe, { classLabels: "fox", seed: 7 }),
    );
    const forged = new URL(url);
    forged.searchParams.set("expires", String(Number(forged.searchParams.get("expires")) + 1));
    expect((await fetch(forged)).status).toBe(403);
    expect((await fetch(url.replace(".png", ".jpg"))).status).toBe(403);
  });

  it("writes JPEG and WebP", async () => {
    for (const format of ["jpeg", "webp"]) {
      const answer = await (
        await service.post("/v1/images/generations", {
          ...body,
          output_format: format,
          output_compression: 80,
        })
      ).json();
      const bytes = Buffer.from(answer.data[0].b64_json, "base64");
      expect((await RasterImage.decode(bytes)).width).toBe(32);
      expect(bytes.subarray(0, 4).toString("latin1")).toBe(format === "webp" ? "RIFF" : "\xff\xd8\xff\xdb");
    }
  });

  it("takes images as data URLs in JSON", async () => {
    const png = await generatePng(service.pipe, { classLabels: "fox", seed: 7 });
    const images = [{ image_url: `data:image/png;base64,${png.toString("base64")}` }];
    const response = await service.post("/v1/images/edits", { model, prompt: "panda", seed: 1, images });
    expect(response.status).toBe(200);
  });
});

describe("an idempotency key", () => {
  const headers = { "idempotency-key": "the first" };

  it("makes one image of two requests", async () => {
    const before = service.runs.length;
    const send = async (): Promise<unknown> =>
      (await service.post("/v1/images/generations", { prompt: "fox" }, { headers })).json();
    const [one, other] = (await Promise.all([send(), send()])) as [{ data: unknown }, { data: unknown }];
    expect(other.data).toEqual(one.data);
    expect(((await send()) as { data: unknown }).data).toEqual(one.data);
    expect(service.runs.length).toBe(before + 1);
  });

  it("is refused with another body", async () => {
    const response = await service.post("/v1/images/generations", { prompt: "panda" }, { headers });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ error: { code: "idempotency_key_reused" } });
  });
});
