import { UnsupportedError } from "@onestep/core";
import type { Device, Precision } from "../../backend.ts";
import { OneTimeWarning } from "../one-time-warning.ts";

/** More make wasm no faster: its kernels are short, and threads wait for each other. */
const mostUseful = 8;

const lostThreads: OneTimeWarning = new OneTimeWarning();

/** What a browser offers to a page, as far as running a model depends on it. */
export interface WebPlatform {
  /** Whether WebAssembly can be suspended (JSPI). */
  readonly canSuspend: boolean;
  /** Whether the page may share memory between threads. */
  readonly isCrossOriginIsolated: boolean;
  /** Processors, as far as the browser tells. */
  readonly processors: number;
}

/** What this browser offers. */
export function detectWebPlatform(): WebPlatform {
  return {
    canSuspend: "Suspending" in WebAssembly && "promising" in WebAssembly,
    isCrossOriginIsolated: globalThis.crossOriginIsolated === true,
    processors: navigator.hardwareConcurrency ?? 1,
  };
}

/**
 * The devices of this browser, best first: a GPU, if there is one. A GPU that is computed on the processor comes last,
 * since the wasm kernels are hundreds of times faster than that.
 *
 * @param requested Where this is `"wasm"`, nobody is asked for a GPU.
 * @param largestWeight Bytes that a buffer of the GPU has to hold.
 * @throws UnsupportedError where a GPU was asked for that cannot.
 */
export async function findWebDevices(
  requested: Device | "auto" | undefined,
  largestWeight: number,
): Promise<readonly Device[]> {
  if (requested === "wasm") return ["wasm"];
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
  if (!adapter) return ["wasm"];
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const largestBuffer = Math.min(maxBufferSize, maxStorageBufferBindingSize);
  if (largestWeight > largestBuffer) {
    if (requested === "webgpu") throw gpuTooSmall(largestBuffer, largestWeight);
    return ["wasm"];
  }
  return adapter.info.isFallbackAdapter || isSoftware(adapter.info) ? ["wasm", "webgpu"] : ["webgpu", "wasm"];
}

/** In what a device of this browser computes. */
export async function findWebPrecisions(device: Device): Promise<readonly Precision[]> {
  if (device !== "webgpu") return ["float32"];
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
  return adapter?.features.has("shader-f16") ? ["float32", "float16"] : ["float32"];
}

function gpuTooSmall(largestBuffer: number, largestWeight: number): UnsupportedError {
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
  return new UnsupportedError({
    subject: "device",
    found: `"webgpu" on a GPU whose buffers hold ${megabytes(largestBuffer)}`,
    expected: `${megabytes(largestWeight)} for the largest weight`,
    remedy: 'Pass the device "wasm", or "auto".',
  });
}

/** Adapters that do not say of themselves that they are a fallback. */
function isSoftware({ architecture, description }: GPUAdapterInfo): boolean {
  return /swiftshader|llvmpipe|lavapipe|warp/i.test(`${architecture} ${description}`);
}

/**
 * How many threads a session on wasm computes with: as many as asked for, but for what no machine has use for (a browser may
 * tell of fewer processors than there are); by default half the processors, since two of them usually share a core. One where the page is not cross-origin isolated, with a warning if that is a loss.
 *
 * @param warning Where it is given.
 */
export function chooseThreads(
  requested: number | undefined,
  platform: WebPlatform,
  warning: OneTimeWarning = lostThreads,
): number {
  const { isCrossOriginIsolated, processors } = platform;
  const wanted =
    requested === undefined
      ? Math.min(processors <= 2 ? processors : Math.ceil(processors / 2), mostUseful)
      : Math.min(requested, Math.max(processors, mostUseful));
  if (wanted === 1 || isCrossOriginIsolated) return wanted;
  warning.give(
    `The model runs on one thread instead of ${wanted}, because this page is not cross-origin isolated. Serve it with ` +
      "the headers `Cross-Origin-Opener-Policy: same-origin` and `Cross-Origin-Embedder-Policy: require-corp` (or " +
      "`credentialless`), or pass `threads: 1` to do without.",
  );
  return 1;
}
