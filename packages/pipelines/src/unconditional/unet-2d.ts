import { isJsonObject } from "@onestep/core";
import { parsePythonJson } from "@onestep/core/files";
import type { ReadOptions, Repository } from "@onestep/hub";
import { findComponentFolder } from "./find-component-folder.ts";

/** Classes that torch wraps a module in. */
const wrappers: ReadonlySet<string> = new Set([
  "OptimizedModule",
  "DistributedDataParallel",
  "DataParallel",
  "FullyShardedDataParallel",
]);

/**
 * The class of a UNet. A pipeline that was saved with its UNet inside of `torch.compile` or DistributedDataParallel names the
 * class of the wrapper in `model_index.json`; the UNet's own config tells what is in it.
 *
 * @param className - As `model_index.json` has it.
 */
export async function findUnetClass(
  repository: Repository,
  className: string,
  options: ReadOptions = {},
): Promise<string> {
  if (!wrappers.has(className)) return className;
  const folder = await findComponentFolder(repository, "unet", "config.json", options);
  const file = await repository.get(folder === "" ? "config.json" : `${folder}/config.json`, options);
  const config = parsePythonJson(await file.text(options), `${file.path} of ${repository.name}`);
  const own = isJsonObject(config) ? config["_class_name"] : undefined;
  return typeof own === "string" ? own : className;
}
