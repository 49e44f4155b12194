import type { WebLoadRequest } from "./web-load-request.ts";

/** onnxruntime-web. */
export type Onnxruntime = typeof import("onnxruntime-web");

/**
 * Loads the build of onnxruntime-web that fits the browser, and tells it how many threads to start.
 *
 * Both builds have the wasm and the WebGPU provider. The package's default entry is not among them: with a model in
 * float16 on a GPU without `shader-f16` it computes wrong numbers, where these throw.
 */
export async function loadOnnxruntime({
  build,
  threads,
  wasmFolder,
}: Pick<WebLoadRequest, "build" | "threads" | "wasmFolder">): Promise<Onnxruntime> {
  const runtime: Onnxruntime =
    build === "jspi" ? await import("onnxruntime-web/jspi") : await import("onnxruntime-web/webgpu");
  const { env } = runtime;
  // What onnxruntime has to say arrives as errors.
  env.logLevel = "fatal";
  env.wasm.numThreads = threads;
  if (wasmFolder !== undefined) {
    env.wasm.wasmPaths = { wasm: new URL(`ort-wasm-simd-threaded.${build}.wasm`, wasmFolder).href };
  }
  return runtime;
}
