import { UNet2DModel } from "@onestep/models";

/** How a model is to be loaded. */
export interface LoadRequest {
  readonly endpoint: string;
  readonly device: "wasm" | "webgpu";
  /** Whether the page may store files. */
  readonly hasStorage: boolean;
  /** Whether the browser can suspend WebAssembly (JSPI). */
  readonly canSuspend: boolean;
}

/**
 * Loads the model `onestep/measured` of a Hub, and frees it again.
 *
 * @returns Length of the WebAssembly memory at the end.
 */
export async function loadModel({ canSuspend, device, endpoint, hasStorage }: LoadRequest): Promise<number> {
  if (!hasStorage) {
    navigator.storage.getDirectory = () => Promise.reject(new DOMException("not here", "SecurityError"));
  }
  if (!canSuspend) Reflect.deleteProperty(WebAssembly, "Suspending");
  const options = { endpoint, device, subfolder: "unet", web: { startWorker } };
  const model = await UNet2DModel.fromPretrained("onestep/measured", options);
  const byteCount = await askForMemory();
  await model.dispose();
  return byteCount;
}

function startWorker(build: "jspi" | "asyncify"): Worker {
  return build === "jspi"
    ? new Worker(new URL("./counting-worker-jspi.ts", import.meta.url), { type: "module" })
    : new Worker(new URL("./counting-worker-asyncify.ts", import.meta.url), { type: "module" });
}

function askForMemory(): Promise<number> {
  const channel = new BroadcastChannel("wasm-memory");
  return new Promise((resolve) => {
    channel.onmessage = ({ data }: MessageEvent<number>) => {
      channel.close();
      resolve(data);
    };
    channel.postMessage("ask");
  });
}
