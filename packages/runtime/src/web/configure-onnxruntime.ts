import type { WebLoadRequest } from "./web-load-request.ts";

/**
 * onnxruntime-web, as its entries `/jspi` and `/webgpu` export it. Both have the wasm and the WebGPU provider. The
 * default entry is not among them: with a model in float16 on a GPU without `shader-f16` it computes wrong numbers,
 * where these throw.
 */
export type Onnxruntime = typeof import("onnxruntime-web");

/** Tells onnxruntime-web, before it is used, how many threads to start and where its wasm files are. */
export function configureOnnxruntime(
  { env }: Onnxruntime,
  { build, threads, wasmFolder }: Pick<WebLoadRequest, "build" | "threads" | "wasmFolder">,
): void {
  // What onnxruntime has to say arrives as errors.
  env.logLevel = "fatal";
  env.wasm.numThreads = threads;
  if (wasmFolder !== undefined) {
    env.wasm.wasmPaths = { wasm: new URL(`ort-wasm-simd-threaded.${build}.wasm`, wasmFolder).href };
  }
}
