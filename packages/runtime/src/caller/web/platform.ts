import type { AvailableDevice, Device } from "../../backend.ts";
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
