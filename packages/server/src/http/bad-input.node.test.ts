import { deflateSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generatePng, model, startService, type TestService } from "./__fixtures__/start-service.ts";

let service: TestService;

beforeAll(async () => {
  service = await startService();
});

afterAll(() => service.close());

async function errorOf(response: Response): Promise<{
  readonly status: number;
  readonly code: string;
  readonly param: string | null;
  readonly message: string;
}> {
  const { error } = (await response.json()) as {
    error: { code: string; param: string | null; message: string; type: string };
  };
  expect(Object.keys(error).sort()).toEqual(["code", "message", "param", "type"]);
  expect(response.headers.get("x-request-id")).toMatch(/^req_/);
  return { status: response.status, ...error };
}

describe("a request is refused, and never repeated by clients, for", () => {
  const good = { model, prompt: "fox" };

  it.each([
    ["broken JSON", '{"prompt": "fox"', { status: 400, code: "invalid_json" }],
    ["JSON that is no object", "[1]", { status: 400, code: "invalid_value" }],
    [
      "an unknown model",
      { ...good, model: "dall-e-3" },
      { status: 404, code: "model_not_found", param: "model" },
    ],
    ["n of 0", { ...good, n: 0 }, { status: 400, param: "n" }],
    ["n of a million", { ...good, n: 1_000_000 }, { status: 400, param: "n" }],
    ["n as text", { ...good, n: "two" }, { status: 400, param: "n" }],
    ["a negative seed", { ...good, seed: -7 }, { status: 400, param: "seed" }],
    ["a fractional seed", { ...good, seed: 0.5 }, { status: 400, param: "seed" }],
    ["a seed that is not exact", { ...good, seed: 2 ** 53 }, { status: 400, param: "seed" }],
    ["seeds that would not be exact", { ...good, seed: 2 ** 53 - 1, n: 2 }, { status: 400, param: "seed" }],
    ["seeds of another number", { ...good, seeds: [1, 2], n: 3 }, { status: 400, param: "seeds" }],
    [
      "a size that the model does not make",
      { ...good, size: "512x512" },
      { status: 400, param: "size", message: expect.stringContaining("The nearest size is 32x32") },
    ],
    ["a size that is none", { ...good, size: "9:16" }, { status: 400, param: "size" }],
    [
      "a width that differs from the size",
      { ...good, size: "32x32", width: 64 },
      { status: 400, param: "size" },
    ],
    [
      "a prompt that is no class",
      { ...good, prompt: "a lighthouse in a storm" },
      { status: 400, param: "prompt", message: expect.stringContaining("alien, butterfly") },
    ],
    ["a prompt with half a character", '{"prompt": "fox \\ud83e"}', { status: 400, param: "prompt" }],
    ["a prompt with U+0000", { ...good, prompt: "fox\0" }, { status: 400, param: "prompt" }],
    ["a class that does not exist", { ...good, class_labels: 30 }, { status: 400, param: "class_labels" }],
    [
      "labels of another number",
      { ...good, class_labels: [1, 2], n: 3 },
      { status: 400, param: "class_labels" },
    ],
    ["steps of 0", { ...good, num_inference_steps: 0 }, { status: 400, param: "num_inference_steps" }],
    ["10,000 steps", { ...good, num_inference_steps: 10_000 }, { status: 400, param: "num_inference_steps" }],
    [
      "two spellings that differ",
      { ...good, steps: 1, num_inference_steps: 2 },
      { status: 400, param: "num_inference_steps" },
    ],
    [
      "a setting that the model does not have",
      { ...good, guidance_scale: 7 },
      { status: 400, param: "guidance_scale" },
    ],
    [
      "an adapter that is not served",
      { ...good, lora: [{ name: "../secrets" }] },
      { status: 400, param: "lora" },
    ],
    ["a strength without an image", { ...good, strength: 0.5, model }, { status: 200 }],
  ] as const)("%s", async (_, body, expected) => {
    const response = await service.post("/v1/images/generations", body);
    if (expected.status === 200) {
      // Of edits alone: here it is a field without effect.
      expect(response.headers.get("x-onestep-ignored-fields")).toBe("strength");
      return;
    }
    expect(response.headers.get("x-should-retry")).toBe("false");
    expect(await errorOf(response)).toMatchObject(expected);
  });

  it("a prompt of a megabyte", async () => {
    const response = await service.post("/v1/images/generations", { ...good, prompt: "x".repeat(900_000) });
    expect(await errorOf(response)).toMatchObject({ status: 400, param: "prompt" });
    const larger = await service.post("/v1/images/generations", { ...good, prompt: "x".repeat(1_100_000) });
    expect(await errorOf(larger)).toMatchObject({ status: 413, code: "body_too_large" });
  });

  it("a body of another kind", async () => {
    const init = { headers: { "content-type": "text/plain" } };
    expect(await errorOf(await service.post("/v1/images/generations", good, init))).toMatchObject({
      status: 415,
    });
    const form = { headers: { "content-type": "application/x-www-form-urlencoded" } };
    expect(await errorOf(await service.post("/v1/images/generations", "prompt=fox", form))).toMatchObject({
      status: 415,
    });
  });

  it("a path that does not exist", async () => {
    expect(await errorOf(await fetch(`${service.url}//`))).toMatchObject({ status: 404, code: "not_found" });
    expect(await errorOf(await service.post("/v1/images/generation", good))).toMatchObject({ status: 404 });
  });
});

describe("unknown fields in strict mode", () => {
  it("are refused, with the name that was meant", async () => {
    const strict = await startService({ strict: true });
    try {
      const response = await strict.post("/v1/images/generations", { prompt: "fox", sed: 7 });
      expect(await errorOf(response)).toMatchObject({
        status: 400,
        code: "unknown_parameter",
        param: "sed",
        message: expect.stringContaining("`seed`"),
      });
      const known = await strict.post("/v1/images/generations", {
        prompt: "fox",
        style: "vivid",
        quality: "hd",
      });
      expect(known.status).toBe(200);
    } finally {
      await strict.close();
    }
  });
});

describe("an edit", () => {
  async function edit(parts: Readonly<Record<string, string | Uint8Array>>): Promise<Response> {
    const form = new FormData();
    for (const [name, value] of Object.entries(parts)) {
      if (typeof value === "string") form.append(name, value);
      else form.append(name, new Blob([new Uint8Array(value)], { type: "image/png" }), `${name}.png`);
    }
    return fetch(`${service.url}/v1/images/edits`, { method: "POST", body: form });
  }

  const fox = (): Promise<Uint8Array> => generatePng(service.pipe, { classLabels: "fox", seed: 7 });

  it("needs an image", async () => {
    expect(await errorOf(await edit({ prompt: "panda" }))).toMatchObject({ status: 400, param: "image" });
    expect(await errorOf(await edit({ prompt: "panda", image: "not a file" }))).toMatchObject({
      status: 400,
      param: "image",
    });
    const json = await service.post("/v1/images/edits", { prompt: "panda" });
    expect(await errorOf(json)).toMatchObject({ status: 400, param: "image" });
  });

  it("needs an image that is one", async () => {
    const bytes = new TextEncoder().encode("<svg/>");
    expect(await errorOf(await edit({ prompt: "panda", image: bytes }))).toMatchObject({
      status: 400,
      code: "invalid_image",
    });
    const cut = (await fox()).subarray(0, 200);
    expect(await errorOf(await edit({ prompt: "panda", image: cut }))).toMatchObject({
      status: 400,
      code: "invalid_image",
    });
  });

  it("refuses a mask of another size", async () => {
    const small = makePng(16, 16);
    const response = await edit({ prompt: "fox", image: await fox(), mask: small });
    expect(await errorOf(response)).toMatchObject({
      status: 400,
      param: "mask",
      message: expect.stringContaining("32x32"),
    });
  });

  it("refuses a PNG of 10 gigapixels before it is unpacked", async () => {
    const response = await edit({ prompt: "fox", image: makePng(100_000, 100_000) });
    expect(await errorOf(response)).toMatchObject({ status: 413, code: "image_too_large" });
  });

  it("refuses a small PNG that unpacks to more than it says", async () => {
    const response = await edit({ prompt: "fox", image: makePng(16, 16, 50_000_000) });
    expect(await errorOf(response)).toMatchObject({ status: 400, code: "invalid_image" });
  });

  it("fetches no address", async () => {
    for (const url of [
      "http://127.0.0.1:1/x.png",
      "file:///etc/passwd",
      "data:text/html;base64,AAAA",
      "data:image/png;base64,%%%",
    ]) {
      const response = await service.post("/v1/images/edits", {
        prompt: "fox",
        images: [{ image_url: url }],
      });
      expect(await errorOf(response), url).toMatchObject({ status: 400 });
    }
    const both = await service.post("/v1/images/edits", {
      prompt: "fox",
      images: [{ image_url: "data:image/png;base64,", file_id: "file-1" }],
    });
    expect(await errorOf(both)).toMatchObject({ status: 400, param: "images" });
    const unknown = await service.post("/v1/images/edits", {
      prompt: "fox",
      images: [{ file_id: "../../etc/passwd" }],
    });
    expect(await errorOf(unknown)).toMatchObject({ status: 400, param: "images" });
  });

  it("refuses a form that is cut short, and one without a boundary", async () => {
    for (const type of ["multipart/form-data; boundary=x", "multipart/form-data"]) {
      const body = '--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\nabc';
      const response = await service.post("/v1/images/edits", body, { headers: { "content-type": type } });
      expect(await errorOf(response)).toMatchObject({ status: 400 });
    }
  });

  it("refuses an upload that is too large, however long it says to be", async () => {
    const limited = await startService({ limits: { uploadBytes: 10_000 } });
    try {
      let sent = 0;
      const body = new ReadableStream({
        pull(controller) {
          sent += 5000;
          controller.enqueue(new Uint8Array(5000));
          if (sent > 1e8) controller.close();
        },
      });
      const init = {
        method: "POST",
        body,
        duplex: "half",
        headers: { "content-type": "multipart/form-data; boundary=x" },
      };
      const response = await fetch(`${limited.url}/v1/images/edits`, init as RequestInit);
      expect(response.status).toBe(413);
      expect(sent).toBeLessThan(1e7);
    } finally {
      await limited.close();
    }
  });
});

/** A grey PNG; `inflated` is how many bytes its pixels really have. */
function makePng(
  width: number,
  height: number,
  inflated: number = Math.min(1000, height * (width + 1)),
): Uint8Array {
  const chunk = (type: string, data: Buffer): Buffer => {
    const content = Buffer.concat([Buffer.from(type), data]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc(content));
    return Buffer.concat([length, content, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const pixels = deflateSync(Buffer.alloc(inflated));
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", pixels),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function crc(bytes: Buffer): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return (value ^ 0xffffffff) >>> 0;
}
