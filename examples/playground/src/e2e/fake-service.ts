import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { RasterImage } from "onestep";
import type { ServedModel } from "../service/messages.ts";

/** The models of the service: one with classes, one with prompts, one that only makes images, and another name of the first. */
export const servedModels: readonly (ServedModel & { readonly object: "model" })[] = [
  {
    id: "emoji32",
    object: "model",
    onestep: {
      class: "ConsistencyModelPipeline",
      tasks: ["generation", "edit", "inpainting", "variation"],
      sizes: { default: "32x32", multiple: null, maximum: null },
      steps: { default: 2 },
      guidance: null,
      labels: ["grinning face", "fox", "rocket"],
      prompt: false,
      negative_prompt: false,
      adapters: [],
    },
  },
  {
    id: "stable-diffusion",
    object: "model",
    onestep: {
      class: "StableDiffusionPipeline",
      tasks: ["generation", "edit", "inpainting"],
      sizes: { default: "64x64", multiple: 8, maximum: 1024 },
      steps: { default: 8 },
      guidance: { default: 7.5 },
      labels: null,
      prompt: true,
      negative_prompt: true,
      adapters: [],
    },
  },
  {
    id: "org/plain",
    object: "model",
    onestep: {
      class: "LatentConsistencyModelPipeline",
      tasks: ["generation"],
      sizes: { default: "64x64", multiple: 8, maximum: 1024 },
      steps: { default: 4 },
      guidance: null,
      labels: null,
      prompt: true,
      negative_prompt: false,
      adapters: [],
    },
  },
  {
    id: "gpt-image-1",
    object: "model",
    onestep: {
      class: "ConsistencyModelPipeline",
      tasks: ["generation"],
      sizes: { default: "32x32", multiple: null, maximum: null },
      steps: { default: 2 },
      guidance: null,
      labels: null,
      prompt: false,
      negative_prompt: false,
      adapters: [],
      alias_of: "emoji32",
    },
  },
];

/** What was asked for. */
export interface ServiceRequest {
  readonly path: string;
  readonly authorization: string | undefined;
  /** The fields of the JSON or of the form; pictures are decoded. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A service that speaks the HTTP API and makes pictures of one colour, which shows how far they are. */
export class FakeService {
  readonly requests: ServiceRequest[] = [];
  /** The key that it asks for. */
  key: string | undefined;
  /** The next request for images is answered with this. */
  refusal: { readonly status: number; readonly error: object } | undefined;
  /** Whether the next stream ends with an error. */
  breaks = false;
  #held: Promise<void> | undefined;
  /** The number of requests that the client has given up. */
  cancelled = 0;

  /** Holds back everything after each preview, until the returned function is called. */
  hold(): () => void {
    let release = (): void => {};
    this.#held = new Promise((resolve) => {
      release = resolve;
    });
    return () => {
      release();
      this.#held = undefined;
    };
  }

  /** Answers requests under `/v1/`. @returns Whether it was one. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const path = request.url ?? "";
    if (!path.startsWith("/v1/")) return false;
    const { authorization } = request.headers;
    if (this.key !== undefined && authorization !== `Bearer ${this.key}`) {
      const message = "The API key is missing or wrong.";
      sendError(response, 401, {
        message,
        type: "invalid_request_error",
        param: null,
        code: "invalid_api_key",
      });
      return true;
    }
    if (path === "/v1/models") {
      response.writeHead(200, { "Content-Type": "application/json" });
      response.end(JSON.stringify({ object: "list", data: servedModels }));
      return true;
    }
    const fields = await readFields(request);
    this.requests.push({ path, authorization, fields });
    if (this.refusal !== undefined) {
      sendError(response, this.refusal.status, this.refusal.error);
      this.refusal = undefined;
      return true;
    }
    await this.#stream(path, fields, response);
    return true;
  }

  async #stream(path: string, fields: ServiceRequest["fields"], response: ServerResponse): Promise<void> {
    response.on("close", () => {
      if (!response.writableEnded) this.cancelled += 1;
    });
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    const name = path.endsWith("edits") ? "image_edit" : "image_generation";
    const send = (type: string, data: object): void => {
      response.write(`: keep-alive\n\nevent: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
    };
    const [count, previews] = [Number(fields["n"]), Number(fields["partial_images"])];
    const [width = 32, height = 32] = String(fields["size"] ?? "32x32")
      .split("x")
      .map(Number);
    for (let image = 0; image < count; image += 1) {
      for (let preview = 0; preview < previews; preview += 1) {
        const b64_json = await picture(width, height, [255, 200 - 40 * preview, 0]);
        send(`${name}.partial_image`, { b64_json, partial_image_index: preview, image_index: image });
        await this.#held;
      }
      if (response.destroyed) return;
      if (this.breaks) {
        this.breaks = false;
        const error = {
          message: "The worker has stopped.",
          type: "server_error",
          param: null,
          code: "worker_lost",
        };
        send("error", { error });
        break;
      }
      const b64_json = await picture(width, height, [0, 100 + image, 200]);
      send(`${name}.completed`, { b64_json, image_index: image, seed: Number(fields["seed"]) + image });
    }
    response.end();
  }
}

/** Starts a server for some handlers: the first that answers does. */
export async function serve(
  ...handlers: readonly ((request: IncomingMessage, response: ServerResponse) => Promise<boolean>)[]
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    for (const handler of handlers) if (await handler(request, response)) return;
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function picture(width: number, height: number, color: readonly number[]): Promise<string> {
  const data = Uint8Array.from({ length: 3 * width * height }, (_, index) => color[index % 3] ?? 0);
  const image = new RasterImage({ width, height, channels: 3, data });
  return Buffer.from(await image.toPng()).toString("base64");
}

async function readFields(request: IncomingMessage): Promise<ServiceRequest["fields"]> {
  const type = request.headers["content-type"] ?? "";
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts);
  if (type.startsWith("application/json")) return JSON.parse(body.toString());
  const form = await new Response(new Uint8Array(body), { headers: { "Content-Type": type } }).formData();
  const fields = [...form].map(async ([name, value]) => [
    name,
    typeof value === "string" ? value : await RasterImage.decode(new Uint8Array(await value.arrayBuffer())),
  ]);
  return Object.fromEntries(await Promise.all(fields));
}

function sendError(response: ServerResponse, status: number, error: object): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify({ error }));
}
