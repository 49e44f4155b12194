import { ConsistencyModelPipeline } from "@onestep/pipelines";
import { createHandler, hashApiKey } from "@onestep/server";
import { startServer } from "@onestep/server/node";
import { generateImage } from "ai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createOnestep, onestep } from "./index.ts";

const model = "@onestep/emoji32";
const secret = "a-key-of-the-tests-0123456789";
let close: () => Promise<void>;
let baseURL: string;
let pipe: ConsistencyModelPipeline;

beforeAll(async () => {
  pipe = await ConsistencyModelPipeline.fromPretrained();
  const handler = createHandler({
    models: { [model]: pipe },
    maxBatch: 1,
    keys: [await hashApiKey("tests", secret)],
  });
  const server = await startServer(handler, { port: 0 });
  baseURL = `${server.url}/v1`;
  close = async () => {
    await server.close(1);
    await handler.close();
    await pipe.dispose();
    await onestep.dispose();
  };
});

afterAll(() => close());

/** What `generate` makes. */
async function expectedPng(label: string, seed: number): Promise<Uint8Array> {
  const { images } = await pipe.generate({ classLabels: label, seed });
  return (images[0] as (typeof images)[number]).toPng();
}

describe("generateImage", () => {
  it("makes the image of a seed through a service", async () => {
    const service = createOnestep({ baseURL, apiKey: secret });
    const { images, warnings, providerMetadata } = await generateImage({
      model: service.image(model),
      prompt: "fox",
      seed: 7,
      n: 2,
    });
    expect(images.map(({ uint8Array }) => uint8Array)).toEqual([
      await expectedPng("fox", 7),
      await expectedPng("fox", 8),
    ]);
    expect(warnings).toEqual([]);
    expect(providerMetadata["onestep"]?.images).toEqual([{ seed: 7 }, { seed: 8 }]);
  });

  it("passes provider options on, in camelCase, and tells of those without effect", async () => {
    const service = createOnestep({ baseURL, apiKey: secret });
    const options = { onestep: { numInferenceSteps: 2, classLabels: 8, wrongOption: 1 } };
    const { image, warnings } = await generateImage({
      model: service.image(model),
      prompt: "",
      seed: 3,
      providerOptions: options,
    });
    const { images } = await pipe.generate({ classLabels: 8, seed: 3, numInferenceSteps: 2 });
    expect(image.uint8Array).toEqual(await images[0]?.toPng());
    expect(warnings).toMatchObject([{ type: "other", message: expect.stringContaining("wrong_option") }]);
  });

  it("edits an image", async () => {
    const service = createOnestep({ baseURL, apiKey: secret });
    const picture = await expectedPng("fox", 7);
    const { image } = await generateImage({
      model: service.image(model),
      prompt: { images: [picture], text: "panda" },
      seed: 1,
      providerOptions: { onestep: { strength: 0.5 } },
    });
    expect(image.mediaType).toBe("image/png");
    expect(image.uint8Array).not.toEqual(picture);
  });

  it("throws the service's message, and does not try again what cannot succeed", async () => {
    const service = createOnestep({ baseURL, apiKey: "not-the-key" });
    const call = generateImage({ model: service.image(model), prompt: "fox" });
    await expect(call).rejects.toMatchObject({
      statusCode: 401,
      isRetryable: false,
      message: "The API key is not valid.",
    });
    const other = createOnestep({ baseURL, apiKey: secret });
    await expect(
      generateImage({ model: other.image(model), prompt: "fox", size: "64x64" }),
    ).rejects.toMatchObject({ statusCode: 400 });
  });

  it("warns that an aspect ratio has no effect", async () => {
    const service = createOnestep({ baseURL, apiKey: secret });
    const { warnings } = await generateImage({
      model: service.image(model),
      prompt: "fox",
      aspectRatio: "16:9",
    });
    expect(warnings).toMatchObject([{ type: "unsupported", feature: "aspectRatio" }]);
  });

  it("sends the key to the service alone", async () => {
    const seen: (string | null)[] = [];
    const service = createOnestep({
      apiKey: secret,
      baseURL,
      fetch: async (input, init) => {
        seen.push(new Request(input, init).headers.get("authorization"));
        return Response.json(
          { error: { message: "no", type: "x", param: null, code: "x" } },
          { status: 400 },
        );
      },
    });
    await expect(generateImage({ model: service.image(model), prompt: "fox" })).rejects.toThrow("no");
    expect(seen).toEqual([`Bearer ${secret}`]);
  });
});

describe("without a service", () => {
  it("makes the same image in this process", async () => {
    const { image } = await generateImage({ model: onestep.image(model), prompt: "fox", seed: 7 });
    expect(image.uint8Array).toEqual(await expectedPng("fox", 7));
  });

  it("says why a model does not load", async () => {
    const call = generateImage({ model: onestep.image("./no-such-model"), prompt: "fox", maxRetries: 0 });
    await expect(call).rejects.toThrow(/\.\/no-such-model cannot be served: .*no-such-model/s);
  });

  it("stops when the signal aborts", async () => {
    const controller = new AbortController();
    controller.abort(new Error("enough"));
    const call = generateImage({
      model: onestep.image(model),
      prompt: "fox",
      abortSignal: controller.signal,
    });
    await expect(call).rejects.toThrow("enough");
  });
});
