import { stat } from "node:fs/promises";
import { EntryNotFoundError } from "@onestep/hub";

const fileEnding = /\.(pt|pth|ckpt|bin|safetensors|pkl|gguf|onnx|h5|msgpack)$/i;

/**
 * Whether a model that is named on the command line is one file: `cd_imagenet64_l2.pt`, by its path or its URL. What lies on
 * the disk decides, whatever it is called; what does not lie there is a file by the end of its name.
 *
 * @throws EntryNotFoundError where a path that ends like that of a file leads to nothing.
 */
export async function isSingleFile(model: string): Promise<boolean> {
  const url = URL.canParse(model) ? new URL(model) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return fileEnding.test(url.pathname);
  const status = await stat(url?.protocol === "file:" ? url : model).catch(() => undefined);
  if (status !== undefined) return !status.isDirectory();
  if (!fileEnding.test(url?.pathname ?? model)) return false;
  throw new EntryNotFoundError({
    subject: model,
    found: "nothing",
    expected: "a file or a folder of that name",
    remedy:
      "Check the path. A file on the Hub is named by its address: https://huggingface.co/owner/name/blob/main/model.pt.",
  });
}
