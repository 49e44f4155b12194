import { Tensor } from "@onestep/core";
import type { UNet2DModel } from "@onestep/models";
import type { ConsistencyScheduler } from "./consistency-scheduler.ts";

/** What {@link predictAtSigmas} predicts from. */
export interface NoisyImages {
  readonly unet: Pick<UNet2DModel, "forward">;
  readonly scheduler: ConsistencyScheduler;
  /** [batch, channels, height, width]: images from -1 to 1, and noise of their level on them. */
  readonly sample: Tensor<"float32">;
  /** The noise level of each item. */
  readonly sigmas: readonly number[];
  readonly classLabels: ArrayLike<number> | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * The consistency function `f(x, σ)` at any noise level, also between those of the grid. At `sigmaMin` it is the identity.
 */
export async function predictAtSigmas({
  unet,
  scheduler,
  sample,
  sigmas,
  classLabels,
  signal,
}: NoisyImages): Promise<Tensor<"float32">> {
  const { sigmaData, clipDenoised } = scheduler.config;
  const items = sigmas.map((_, item) => sample.slice(item, item + 1));
  const inputs = items.map((item, index) => item.div(Math.hypot(sigmas[index] ?? 0, sigmaData)));
  const timestep = sigmas.map((sigma) => scheduler.sigmaToT(sigma));
  const output = await unet.forward({ sample: Tensor.concat(inputs), timestep, classLabels, signal });
  const predictions = items.map((item, index) => {
    const { cSkip, cOut } = scheduler.getScalingsForBoundaryCondition(sigmas[index] ?? 0);
    return output.sample
      .slice(index, index + 1)
      .mul(cOut)
      .add(item.mul(cSkip));
  });
  const denoised = Tensor.concat(predictions);
  return clipDenoised ? denoised.clamp(-1, 1) : denoised;
}
