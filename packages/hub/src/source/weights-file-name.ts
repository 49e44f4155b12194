import { InvalidArgumentError } from "@onestep/core";

const ending = /\.(pt|pth|ckpt|bin|safetensors|pkl|gguf|onnx|h5|msgpack)$/i;

/** Whether a path, or the path of a URL, ends like the name of a file of weights: `cd_imagenet64_l2.pt`. */
export function isWeightsFileName(path: string): boolean {
  return ending.test(path);
}

/** The error for a file where a repository is expected. A repository that is called like one is opened by its URL. */
export function fileInPlaceOfFolder(source: string, found: string): InvalidArgumentError {
  return new InvalidArgumentError({
    subject: source,
    found,
    expected: "a folder with the files of a model, or a Hub id",
    remedy: /\.json$/i.test(source)
      ? "Pass the folder that it is in."
      : "Load a checkpoint in one file with `fromSingleFile`; of a saved pipeline or model, pass the folder.",
  });
}
