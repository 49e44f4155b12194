import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Repository, RepositoryFile } from "@onestep/hub";
import { filterPaths, globOptions } from "../arguments/globs.ts";
import { UsageError } from "../arguments/parse-arguments.ts";
import {
  type RepositorySettings,
  readRepositorySettings,
  repositoryOptions,
} from "../arguments/repository-options.ts";
import type { Command, Invocation } from "../command.ts";
import { formatBytes } from "../output/text.ts";

const ownOptions = ["revision", "variant", "cache-dir", "token", "endpoint"];

/** `onestep download`. */
export const downloadCommand: Command = {
  name: "download",
  summary: "Fetch a model into the cache",
  description: [
    "Fetches the files that the model's pipeline is loaded from, so that it runs offline afterwards: the weights of each component once, in the format and variant that is loaded. With --include or --exclude it fetches any files that they leave, of any repository.",
    "The cache is the one of Python's huggingface_hub. The folder of the files goes to stdout.",
  ],
  positionals: [
    { name: "model", required: true, description: "A model on the Hub: openai/diffusers-cd_imagenet64_l2" },
  ],
  options: [...globOptions, ...repositoryOptions.filter(({ name }) => ownOptions.includes(name))],
  examples: [
    "download SimianLuo/LCM_Dreamshaper_v7",
    "download stabilityai/sd-turbo --variant fp16",
    'download openai/diffusers-cd_imagenet64_l2 --include "*.json"',
  ],
  async run(invocation) {
    const { arguments: parsed, output, signal } = invocation;
    const [model] = parsed.positionals;
    if (model === undefined) throw new UsageError("A model is missing: name one on the Hub, as owner/name.");
    const settings = readRepositorySettings(invocation);
    const [{ getFiles }, { sizeMissingFiles }] = await Promise.all([
      import("@onestep/hub"),
      import("../images/model-files.ts"),
    ]);
    const { repository, paths } = await chooseFiles(model, settings, invocation);
    const missing = await sizeMissingFiles(repository, paths, settings);
    output.progress.expect({ verb: "Fetching", files: missing });
    const files = await getFiles(repository, paths, { signal, onProgress: settings.onProgress });
    await repository.settle?.();
    output.progress.clear();
    signal.throwIfAborted();
    const size = files.reduce((sum, file) => sum + file.size, 0);
    const folder = await findSnapshot(repository, files, settings);
    output.note(
      `${files.length} file${files.length === 1 ? "" : "s"}, ${formatBytes(size)}, of which ${missing.size === 0 ? "none" : missing.size} had to be fetched`,
    );
    output.result({
      lines: [folder],
      document: {
        model,
        commit: repository.commit ?? null,
        folder,
        size,
        files: files.map(({ path, size: bytes }) => ({ path, size: bytes, cached: !missing.has(path) })),
      },
    });
  },
};

/** The repository of a model, and the files to fetch. */
async function chooseFiles(
  model: string,
  settings: RepositorySettings,
  { arguments: parsed }: Invocation,
): Promise<{ readonly repository: Repository; readonly paths: readonly string[] }> {
  const hasPatterns = parsed.has("include") || parsed.has("exclude");
  const [{ openRepository }, { openPipelineSource }, { listModelFiles, openingSettings }] = await Promise.all(
    [import("@onestep/hub"), import("@onestep/pipelines"), import("../images/model-files.ts")],
  );
  const source = hasPatterns ? undefined : await openPipelineSource(model, settings);
  const repository = source?.repository ?? (await openRepository(model, openingSettings(settings)));
  const all = await repository.list(settings);
  if (repository.commit === undefined || all === undefined) {
    throw new UsageError(
      `${model} is ${repository.commit === undefined ? "not on the Hub" : "a repository whose files cannot be listed now"}: name a model on the Hub, as owner/name.`,
    );
  }
  const paths =
    source === undefined ? filterPaths(all, parsed) : listModelFiles(source, all, settings.variant);
  requireVariant(model, source === undefined ? undefined : settings.variant, paths);
  if (paths.length > 0) return { repository, paths };
  const listed = all.slice(0, 5).join(", ");
  throw new UsageError(
    `--include and --exclude leave none of the ${all.length} files of ${model}: ${listed}${all.length > 5 ? ", …" : ""}`,
  );
}

/** @throws UsageError if none of the chosen weights are of the variant. */
function requireVariant(model: string, variant: string | undefined, paths: readonly string[]): void {
  if (
    variant === undefined ||
    paths.some((path) => path.includes(`.${variant}.`) || path.includes(`.${variant}-`))
  ) {
    return;
  }
  throw new UsageError(
    `--variant: ${model} has no weights of the variant ${JSON.stringify(variant)}. Leave it out, or see \`onestep inspect ${model}\` for those that there are.`,
  );
}

/** The folder of a commit in the cache. */
async function findSnapshot(
  { commit = "" }: Repository,
  files: readonly RepositoryFile[],
  { cacheDir, environment, signal }: RepositorySettings,
): Promise<string> {
  // It is beside the folder of the contents, which its files are links to, unless several models share these.
  const [, near = ""] = /^(.*)[\\/]blobs[\\/]/s.exec(files[0]?.localPath ?? "") ?? [];
  const beside = join(near, "snapshots", commit);
  if (near !== "" && existsSync(beside)) return beside;
  const { scanCache } = await import("@onestep/hub");
  const { repositories } = await scanCache({ cacheDir, environment, signal });
  const own = repositories.find(({ revisions }) => revisions.some((revision) => revision.commit === commit));
  return join(own?.folder ?? "", "snapshots", commit);
}
