import { Tensor } from "@onestep/core";
import type { UNet2DModelForwardOptions, UNet2DModelOutput } from "@onestep/models";

/** The network that tools/reference/make_editing_goldens.py edits with: `0.3 x + 0.1 tanh(t / 1000)`. */
export const formulaUnet = {
  async forward({ sample, timestep }: UNet2DModelForwardOptions): Promise<UNet2DModelOutput> {
    const itemSize = sample.size / (sample.shape[0] ?? 1);
    const data = sample.data.map((value, index) => {
      const time = typeof timestep === "number" ? timestep : (timestep[Math.floor(index / itemSize)] ?? 0);
      return 0.3 * value + 0.1 * Math.tanh(time / 1000);
    });
    return { sample: new Tensor("float32", data, sample.shape) };
  },
};
