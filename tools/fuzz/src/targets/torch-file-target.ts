import { readTorchFile } from "@onestep/models";
import { torchFiles } from "../arbitraries/torch-files.ts";
import type { FuzzTarget } from "../fuzz-target.ts";

/** The reader of files of torch: the zip directory, the pickle in it, and the tensors that this describes. */
export const torchFileTarget: FuzzTarget = {
  name: "torch",
  inputs: torchFiles,
  read: (file) => readTorchFile(file),
  // Tensors may share a storage, as views do in Python.
  mayOverlap: true,
};
