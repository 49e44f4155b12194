import { isJsonObject } from "@onestep/core";
import { parsePythonJson } from "@onestep/core/files";
import { EntryNotFoundError, type ReadOptions, type Repository } from "@onestep/hub";

/** The error for a repository without `model_index.json`: says what is there in its place. */
export async function missingModelIndex(
  repository: Repository,
  options: ReadOptions,
): Promise<EntryNotFoundError> {
  const revision = repository.commit === undefined ? "" : ` at commit ${repository.commit}`;
  return new EntryNotFoundError({
    subject: `model_index.json in ${repository.name}${revision}`,
    expected: "a file",
    ...(await whatIsThere(repository, options)),
  });
}

async function whatIsThere(
  repository: Repository,
  options: ReadOptions,
): Promise<{ readonly found: string; readonly remedy: string }> {
  const paths = await list(repository, options);
  const className = await readClassName(repository, paths, options);
  if (className !== undefined) {
    return {
      found: `the config.json of a ${className}, which is one part of a pipeline`,
      remedy: `Name the folder above it, where model_index.json is; or load the ${className} alone.`,
    };
  }
  if (paths.includes("scheduler_config.json")) {
    return {
      found: "the config of a scheduler, which is one part of a pipeline",
      remedy: "Name the folder above it, where model_index.json is.",
    };
  }
  const pipeline = paths.find((path) => /^[^/]+\/model_index\.json$/.test(path));
  if (pipeline !== undefined) {
    const folder = pipeline.slice(0, pipeline.indexOf("/"));
    return { found: `a pipeline in ${folder}/`, remedy: `Name that folder: ${repository.name}/${folder}.` };
  }
  const model = paths.find((path) => /^(checkpoint-\d+\/)?unet(_ema)?\/config\.json$/.test(path));
  if (model !== undefined) {
    const folder = model.slice(0, model.lastIndexOf("/"));
    return {
      found: `${folder}/ without a pipeline around it, as training saves it`,
      remedy: `Name the folder that the finished pipeline was saved in; or put ${folder}/ in place of unet/ into a copy of the pipeline that was trained.`,
    };
  }
  const state = paths.filter((path) => /^(optimizer\.bin|random_states_\d+\.pkl)$/.test(path));
  if (state.length > 0) {
    return {
      found: `a state of training that accelerate saved (${state.slice(0, 2).join(", ")}), without a config`,
      remedy: "Load it in Python with accelerator.load_state, and save the pipeline with save_pretrained.",
    };
  }
  const file = paths.find((path) => /^[^/]+\.(pt|pth|ckpt|safetensors)$/.test(path));
  if (file !== undefined) {
    return {
      found: `${file}, and no config`,
      remedy: "If it is an original checkpoint in one file, load the file by itself, with `fromSingleFile`.",
    };
  }
  return { found: "nothing", remedy: "Check the path, the subfolder and the revision." };
}

async function list(repository: Repository, options: ReadOptions): Promise<readonly string[]> {
  try {
    return (await repository.list(options)) ?? [];
  } catch {
    options.signal?.throwIfAborted();
    return [];
  }
}

/** The class of a model whose files lie here; `undefined` where there is none, or its config does not tell. */
async function readClassName(
  repository: Repository,
  paths: readonly string[],
  options: ReadOptions,
): Promise<string | undefined> {
  if (!paths.includes("config.json")) return undefined;
  try {
    const file = await repository.get("config.json", options);
    const config = parsePythonJson(await file.text(options), file.path);
    const className = isJsonObject(config) ? config["_class_name"] : undefined;
    return typeof className === "string" && /^\w{1,80}$/.test(className) ? className : undefined;
  } catch {
    options.signal?.throwIfAborted();
    return undefined;
  }
}
