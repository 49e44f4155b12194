import { configs } from "./configs.js";

// In this form bundlers find the file, and put it beside the bundle.
const weights = new URL("./unet/diffusion_pytorch_model.safetensors", import.meta.url);

/** @type {typeof import("./emoji32.d.ts").emoji32} */
export async function emoji32({ signal } = {}) {
  const response = await fetch(weights, { signal: signal ?? null });
  if (!response.ok) {
    throw new Error(
      `emoji32: found HTTP ${response.status} at ${weights.href}, expected the weights. ` +
        "Copy the folder unet of @onestep/emoji32 beside the bundle, where the bundler does not.",
    );
  }
  const files = Object.entries(configs).map(([path, text]) => [path, new Blob([text])]);
  return new Map([...files, ["unet/diffusion_pytorch_model.safetensors", await response.blob()]]);
}
