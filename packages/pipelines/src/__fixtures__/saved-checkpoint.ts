const here = import.meta.url;

/** Where a checkpoint that diffusers saved lies beside this file, on a disk or on the server of the tests. */
export function savedCheckpoint(
  name: "cm-bf16" | "cm-fp16-variant" | "cm-lsun-like" | "cm-safetensors" | "ddpm",
): URL {
  return new URL(`./${name}/`, here);
}

/** The location of the bundled checkpoint. */
export const emoji32Folder: URL = new URL("../../../emoji32/", here);

/** Where a small checkpoint of OpenAI's code lies. */
export const cdTinyFile: URL = new URL("../../../models/src/single-file/__fixtures__/cd_tiny_l2.pt", here);
