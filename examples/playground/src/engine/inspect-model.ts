import { findPromptPipelineClass, type ModelIndex, openPipelineSource } from "@onestep/pipelines";
import { findDevices, type Repository } from "onestep";
import { findMisfit, type SizedComponent, weightFilesOf } from "../model/model-fit.ts";
import type { DeviceChoice, ModelOutline, ModelSource } from "./messages.ts";

/** Options of {@link inspectSource}. */
export interface InspectOptions {
  readonly device: DeviceChoice;
  readonly signal: AbortSignal;
}

/**
 * Reads the type and size of a Hub repository, using only `model_index.json` and the file list.
 *
 * @throws HubError if it cannot be reached or has no such file.
 */
export async function inspectSource(
  { id, revision, variant, endpoint, token }: Extract<ModelSource, { kind: "hub" }>,
  { device, signal }: InspectOptions,
): Promise<ModelOutline> {
  const { repository, modelIndex } = await openPipelineSource(id, { revision, endpoint, token, signal });
  const components = await sizeComponents(repository, modelIndex, { variant, signal });
  const totalBytes = components?.reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    className: modelIndex.className,
    isText: findPromptPipelineClass(modelIndex.className, "text") !== undefined,
    totalBytes,
    misfit:
      components === undefined
        ? undefined
        : findMisfit(id, components, { isWasm: await runsOnWasm(device), memoryGigabytes: deviceMemory() }),
  };
}

/**
 * The components that are loaded. Those of libraries other than diffusers and transformers, such as the safety checker,
 * are skipped.
 */
async function sizeComponents(
  repository: Repository,
  { components }: ModelIndex,
  { variant, signal }: { readonly variant: string | undefined; readonly signal: AbortSignal },
): Promise<readonly SizedComponent[] | undefined> {
  const paths = await repository.list({ signal });
  if (paths === undefined || repository.sizeOf === undefined) return undefined;
  const sized: SizedComponent[] = [];
  for (const [name, { library }] of components) {
    if (library !== "diffusers" && library !== "transformers") continue;
    const files = weightFilesOf(name, paths, variant);
    const sizes = await Promise.all(files.map((path) => repository.sizeOf?.(path, { signal })));
    if (sizes.includes(undefined)) return undefined;
    const bytes = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
    sized.push({ name, bytes, isHalf: files.some((path) => /\.(?:fp16|bf16)\./.test(path)) });
  }
  return sized;
}

async function runsOnWasm(device: DeviceChoice): Promise<boolean> {
  if (device !== "auto") return device === "wasm";
  // The list starts with the best device.
  const [best] = await findDevices();
  return best?.device !== "webgpu";
}

/** The memory of the device in gigabytes, rounded; `undefined` if the browser does not report it. */
function deviceMemory(): number | undefined {
  const { deviceMemory: gigabytes } = navigator as { readonly deviceMemory?: number };
  return gigabytes;
}
