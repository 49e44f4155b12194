import { OutOfMemoryError } from "./errors/out-of-memory-error.ts";
import type { Device } from "./inference-session.ts";

/**
 * A WebAssembly memory has addresses for 4 GiB. The weights lie in it once, with 17 MB beside them (measured in Chromium
 * with a model of 296 MB, `npm run measure-browser -- loading`); what is left is for the arrays of a run.
 */
const mostWasmBytes = 3.5 * 1024 ** 3;

/** Which weights are to be loaded. */
export interface WeightsToFit {
  /** What to call them in a message. */
  readonly subject: string;
  /** Their length in bytes, in the precision that the device computes in. */
  readonly byteCount: number;
  /** Where they are to be loaded. */
  readonly device: Device;
}

/**
 * Checks that a device can hold weights, as far as that shows before anything is loaded. Call it before they are
 * fetched. Only WebAssembly has a limit that no machine changes.
 *
 * @throws OutOfMemoryError
 */
export function checkWeightsFit({ byteCount, device, subject }: WeightsToFit): void {
  if (device !== "wasm" || byteCount <= mostWasmBytes) return;
  throw new OutOfMemoryError({
    subject,
    found: `${byteCount} bytes in float32, in which WebAssembly computes`,
    expected: `at most ${mostWasmBytes} bytes, since a WebAssembly memory has addresses for 4 GiB`,
    remedy:
      'Nothing was fetched. Run the model on a GPU (device "webgpu"; with variant "fp16" it takes half the memory), run ' +
      "it in Node, or take a smaller model.",
  });
}
