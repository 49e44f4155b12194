import type { AvailableDevice, Device } from "../../backend.ts";
import { OneTimeWarning } from "../one-time-warning.ts";

/** More threads do not speed up wasm: its kernels are short, so threads wait for each other. */
const mostUseful = 8;

const lostThreads: OneTimeWarning = new OneTimeWarning();

/** The browser capabilities relevant to running a model. */
export interface WebPlatform {
  /** Whether WebAssembly can be suspended (JSPI). */
  readonly canSuspend: boolean;
  /** Whether the page may share memory between threads. */
  readonly isCrossOriginIsolated: boolean;
  /** Number of processors reported by the browser. */
  readonly processors: number;
}

/** Detects the capabilities of this browser. */
export function detectWebPlatform(): WebPlatform {
  return {
    canSuspend: "Suspending" in WebAssembly && "promising" in WebAssembly,
    isCrossOriginIsolated: globalThis.crossOriginIsolated === true,
    processors: navigator.hardwareConcurrency ?? 1,
  };
}

/**
 * The devices of this browser, best first: the GPU, if there is one, comes first. A software-emulated GPU comes last,
 * since wasm is hundreds of times faster.
 *
 * @param requested If `"wasm"`, no GPU is probed.
 */
export async function findWebDevices(
  requested: Device | "auto" | undefined,
): Promise<readonly AvailableDevice[]> {
  const wasm: AvailableDevice = { device: "wasm", precisions: ["float32"] };
  if (requested === "wasm") return [wasm];
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
  if (!adapter) return [wasm];
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const gpu: AvailableDevice = {
    device: "webgpu",
    precisions: adapter.features.has("shader-f16") ? ["float32", "float16"] : ["float32"],
    largestArray: Math.min(maxBufferSize, maxStorageBufferBindingSize),
  };
  return adapter.info.isFallbackAdapter || isSoftware(adapter.info) ? [wasm, gpu] : [gpu, wasm];
}

/** Fallback adapters that do not identify themselves as such. */
function isSoftware({ architecture, description }: GPUAdapterInfo): boolean {
  return /swiftshader|llvmpipe|lavapipe|warp/i.test(`${architecture} ${description}`);
}

/**
 * The number of threads of a wasm session: as requested, up to a useful maximum (browsers may report too few processors);
 * by default half the processors, since two usually share a core. 1 if the page is not cross-origin isolated, with a
 * warning if that is a loss.
 *
 * @param warning Gives the warning.
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
