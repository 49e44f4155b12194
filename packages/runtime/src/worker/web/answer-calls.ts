import type {
  ReadReply,
  ReadRequest,
  RemoteFile,
  WebLoadRequest,
  WorkerNotice,
  WorkerRequest,
} from "../../protocol.ts";
import type { OnnxruntimeBuild } from "../../session.ts";
import { lazyBytes, PiecewiseBlob, readByPieces } from "../external-data.ts";
import { buffersOf, InferenceServer } from "../inference-server.ts";
import { type ExternalData, webSessionOptions } from "../session-options.ts";

/**
 * onnxruntime-web, as its entries `/jspi` and `/webgpu` export it. Both have the wasm and the WebGPU provider. The
 * default entry is not used: with a float16 model on a GPU without `shader-f16` it computes wrong results, while these
 * throw.
 */
export type Onnxruntime = typeof import("onnxruntime-web");

/** Answers the calls of a session in the current worker. */
export function answerCalls(onnxruntime: Onnxruntime): void {
  // If a bundler has put everything into one script, onnxruntime starts its threads from this script.
  if (self.name.startsWith("em-pthread")) return;
  const server = new InferenceServer<Onnxruntime, WebLoadRequest>({
    importRuntime: async () => onnxruntime,
    async createSession(runtime, request) {
      configureOnnxruntime(runtime, request);
      const externalData = await provideWeights(request.files, request.build);
      const session = await runtime.InferenceSession.create(
        request.graph,
        webSessionOptions(request, externalData),
      );
      if (request.device === "webgpu") void watchDevice(runtime);
      return session;
    },
  });

  // Failures in onnxruntime outside a call are reported to the page like uncaught errors.
  self.addEventListener("unhandledrejection", ({ reason }) => self.reportError(reason));
  self.addEventListener("message", async ({ data }: MessageEvent<WorkerRequest<WebLoadRequest>>) => {
    const reply = await server.answer(data);
    self.postMessage(reply, { transfer: buffersOf(reply) });
  });
}

/** Notifies the page when the GPU is lost. */
async function watchDevice({ env }: Onnxruntime): Promise<void> {
  const { reason, message } = await (await env.webgpu.device).lost;
  const notice: WorkerNotice = { call: "notice", notice: "device-lost", message: `${message} (${reason})` };
  self.postMessage(notice);
}

/** Configures onnxruntime-web's thread count and wasm location before first use. */
function configureOnnxruntime(
  { env }: Onnxruntime,
  { build, threads, wasmFolder }: Pick<WebLoadRequest, "build" | "threads" | "wasmFolder">,
): void {
  // onnxruntime's messages arrive as errors.
  env.logLevel = "fatal";
  env.wasm.numThreads = threads;
  if (wasmFolder !== undefined) {
    env.wasm.wasmPaths = { wasm: new URL(`ort-wasm-simd-threaded.${build}.wasm`, wasmFolder).href };
  }
}

/**
 * The files in the form from which a build of onnxruntime-web reads one array at a time. If it cannot wait for a file
 * served by the page, the file is first copied into a Blob, which browsers keep outside JavaScript memory, and on disk
 * if it is large.
 */
function provideWeights(
  files: WebLoadRequest["files"],
  build: OnnxruntimeBuild,
): Promise<readonly ExternalData[]> {
  return Promise.all([...files].map(async ([path, file]) => ({ path, data: await provide(file, build) })));
}

async function provide(file: Blob | RemoteFile, build: OnnxruntimeBuild): Promise<Blob | Uint8Array> {
  if (build === "jspi") return file instanceof Blob ? readByPieces(file) : remoteBlob(file);
  const blob = file instanceof Blob ? file : await fetchWhole(file);
  return canReadBlobs() ? blobBytes(blob) : new Uint8Array(await blob.arrayBuffer());
}

interface SynchronousFileReader {
  readAsArrayBuffer(blob: Blob): ArrayBuffer;
}

/** Whether a Blob can be read without waiting: in workers, not in pages. */
function canReadBlobs(): boolean {
  return "FileReaderSync" in globalThis;
}

function blobBytes(blob: Blob): Uint8Array {
  const { FileReaderSync } = globalThis as unknown as { FileReaderSync: new () => SynchronousFileReader };
  const reader = new FileReaderSync();
  return lazyBytes(
    blob.size,
    (begin, end) => new Uint8Array(reader.readAsArrayBuffer(blob.slice(begin, end))),
  );
}

async function fetchWhole(file: RemoteFile): Promise<Blob> {
  const reader = remoteBlob(file).stream().getReader();
  const pieces: Blob[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(pieces);
    pieces.push(new Blob([value]));
  }
}

/** A file served by another thread, in the form read by the JSPI build of onnxruntime-web. */
function remoteBlob({ size, port }: RemoteFile): Blob {
  return new PiecewiseBlob(size, (start, end) => askFor(port, start, end));
}

/** One request at a time: onnxruntime reads one array after the other. */
function askFor(port: MessagePort, start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
  return new Promise((resolve, reject) => {
    port.onmessage = ({ data }: MessageEvent<ReadReply>) => {
      if (data.bytes === undefined) reject(new Error("the file could not be read"));
      else resolve(data.bytes as Uint8Array<ArrayBuffer>);
    };
    port.postMessage([start, end] satisfies ReadRequest);
  });
}
