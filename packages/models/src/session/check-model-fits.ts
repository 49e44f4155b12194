import type { ProgressListener } from "@onestep/core";
import { checkWeightsFit, type Device } from "@onestep/runtime";
import type { ExpectedWeight } from "../unet-2d/list-unet-2d-model-weights.ts";

const float32Bytes = 4;

/** Checks that the weights of a network fit into what its device can hold. @throws OutOfMemoryError */
export function checkModelFits(name: string, weights: readonly ExpectedWeight[], device: Device): void {
  const count = weights.reduce(
    (total, { shape }) => total + shape.reduce((product, dimension) => product * dimension, 1),
    0,
  );
  checkWeightsFit({ subject: `weights of ${name}`, byteCount: count * float32Bytes, device });
}

/**
 * A listener that stops the transfer of a file of weights that its device cannot hold, before the first byte.
 *
 * @param onProgress - Who else listens.
 * @throws OutOfMemoryError, when it is told of such a file.
 */
export function stopAtMisfits(onProgress: ProgressListener | undefined, device: Device): ProgressListener {
  return (event) => {
    if (event.type === "file-start" && event.totalBytes !== undefined && event.cached !== true) {
      checkWeightsFit({ subject: event.file, byteCount: event.totalBytes, device });
    }
    onProgress?.(event);
  };
}
