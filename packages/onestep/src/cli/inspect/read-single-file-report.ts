import { InvalidArgumentError } from "@onestep/core";
import { openFile } from "@onestep/hub";
import { openSingleFile } from "@onestep/models";
import { checkSingleFile } from "../generate/check-single-file.ts";
import type { RepositorySettings } from "../repository-settings.ts";
import type { ModelReport } from "./model-report.ts";
import { countParameters, describeUnet } from "./read-unet-report.ts";

/**
 * Finds out what an original checkpoint in one file is, from its header.
 *
 * @throws InvalidArgumentError where it lies elsewhere than on this machine: it would be fetched for that.
 */
export async function readSingleFileReport(
  model: string,
  settings: RepositorySettings,
): Promise<ModelReport> {
  if (/^https?:/i.test(model)) {
    throw new InvalidArgumentError({
      subject: model,
      found: "a file on a server, which would be fetched as a whole",
      expected: "a file on this machine",
      remedy: "Fetch it first, and inspect the copy.",
    });
  }
  await checkSingleFile(model);
  const file = await openFile(model, settings);
  const { config, checkpoint } = await openSingleFile(file, settings);
  const weights = {
    files: [{ path: file.path, size: file.size }],
    isLocal: true,
    tensors: checkpoint.tensors.size,
    dtypes: [...new Set([...checkpoint.tensors.values()].map(({ dtype }) => dtype))].sort(),
  };
  return {
    model,
    commit: null,
    className: "ConsistencyModelPipeline",
    components: { unet: "UNet2DModel" },
    scheduler: null,
    unet: describeUnet(config, countParameters(config), weights),
    id2label: null,
    defaultSteps: 1,
    recommendedTimesteps: [],
    recommendedSchedulers: [],
    unsupported: null,
  };
}
