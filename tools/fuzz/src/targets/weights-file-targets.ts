import { OnestepError } from "@onestep/core";
import { parsePythonJson } from "@onestep/core/internal/files";
import { type CheckpointTensor, readSafetensors, readTorchFile, readWeightsFile } from "@onestep/models";
import { foreignFiles } from "../arbitraries/foreign-files.ts";
import { safetensorsFiles } from "../arbitraries/safetensors-files.ts";
import { torchFiles } from "../arbitraries/torch-files.ts";
import type { FuzzTarget } from "../fuzz-target.ts";

/** The reader of safetensors headers. */
export const safetensorsTarget: FuzzTarget = {
  name: "safetensors",
  inputs: safetensorsFiles,
  read: (file) => readSafetensors(file),
  mayOverlap: false,
};

/** The reader of files of torch: the zip directory, the pickle in it, and the tensors that this describes. */
export const torchFileTarget: FuzzTarget = {
  name: "torch",
  inputs: torchFiles,
  read: (file) => readTorchFile(file),
  // Tensors may share a storage, as views do in Python.
  mayOverlap: true,
};

/** The readers of weights and of configs, given what is found in the place of their files, under any name. */
export const foreignFileTarget: FuzzTarget = {
  name: "foreign",
  inputs: foreignFiles,
  read: async (file) => {
    const read: ReadonlyMap<string, CheckpointTensor>[] = [];
    for (const path of ["model.safetensors", "model.bin", "model.pkl"]) {
      try {
        read.push(await readWeightsFile({ ...file, path }));
      } catch (error) {
        if (!OnestepError.isInstance(error)) throw error;
      }
    }
    const [tensors] = read;
    if (tensors !== undefined) return tensors;
    parsePythonJson(await file.text(), "config.json");
    return new Map();
  },
  mayOverlap: true,
};
