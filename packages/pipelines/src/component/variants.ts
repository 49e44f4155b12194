import { InvalidArgumentError } from "@onestep/core";
import { warn } from "@onestep/core/internal";
import type { ReadOptions, Repository } from "@onestep/hub";

/** Which components of a repository have weights of a variant. */
export interface Variants {
  /** The variant to load a component with; undefined for its plain files. */
  of(folder: string): string | undefined;
}

const weightsName =
  /^(?:diffusion_pytorch_)?(?:pytorch_)?model(?:\.([\w-]+?))?(?:-\d{5}-of-\d{5})?\.(safetensors|bin)$/;

/**
 * Finds out which components have weights of a variant: those that have none are loaded from their plain files, with one warning
 * that names both (diffusers `pipelines/pipeline_loading_utils.py`, `variant_compatible_siblings`). Plain safetensors go before
 * files of torch of the variant. Nothing is fetched for it.
 *
 * @param folders - Of the components with weights that are to be loaded.
 * @throws InvalidArgumentError where none has the variant.
 */
export async function findVariants(
  repository: Repository,
  variant: string | undefined,
  folders: readonly string[],
  options: ReadOptions,
): Promise<Variants> {
  const paths = variant === undefined ? undefined : await listPaths(repository, options);
  if (variant === undefined || paths === undefined) return { of: () => variant };
  const files = folders.map((folder) => ({ folder, ...sortFiles(paths, folder, variant) }));
  const withWeights = files.filter(({ others, isOwn, hasPlain }) => isOwn || hasPlain || others.size > 0);
  const own = withWeights.filter(({ isOwn }) => isOwn).map(({ folder }) => folder);
  const plain = withWeights.filter(({ isOwn }) => !isOwn).map(({ folder }) => folder);
  if (own.length === 0 && withWeights.length > 0) throw noSuchVariant(repository, variant, files);
  if (plain.length > 0) {
    warn(
      `${repository.name}: ${own.join(", ")} ${own.length === 1 ? "has" : "have"} weights of the variant ${JSON.stringify(variant)}, and ${plain.join(", ")} ${plain.length === 1 ? "has" : "have"} none: the plain files are loaded there.`,
    );
  }
  return { of: (folder) => (plain.includes(folder) ? undefined : variant) };
}

function sortFiles(
  paths: readonly string[],
  folder: string,
  variant: string,
): { readonly isOwn: boolean; readonly hasPlain: boolean; readonly others: ReadonlySet<string> } {
  const found = paths.flatMap((path) => {
    if (!path.startsWith(`${folder}/`)) return [];
    const [whole, name, ending] = weightsName.exec(path.slice(folder.length + 1)) ?? [];
    return whole === undefined ? [] : [{ name, ending }];
  });
  const has = (name: string | undefined, ending: string): boolean =>
    found.some((file) => file.name === name && file.ending === ending);
  const isOwn = has(variant, "safetensors") || (has(variant, "bin") && !has(undefined, "safetensors"));
  const others = new Set(found.flatMap(({ name }) => (name === undefined ? [] : [name])));
  return { isOwn, hasPlain: found.some(({ name }) => name === undefined), others };
}

function noSuchVariant(
  repository: Repository,
  variant: string,
  files: readonly { readonly others: ReadonlySet<string> }[],
): InvalidArgumentError {
  const others = [...new Set(files.flatMap(({ others: names }) => [...names]))].sort();
  return new InvalidArgumentError({
    subject: `variant of ${repository.name}`,
    found: JSON.stringify(variant),
    expected:
      others.length === 0
        ? "no variant: there are plain files alone"
        : others.map((name) => JSON.stringify(name)).join(" or "),
    remedy:
      others.length === 0
        ? "Leave `variant` out."
        : `Pass \`variant: ${JSON.stringify(others[0])}\`, or leave it out.`,
  });
}

async function listPaths(
  repository: Repository,
  options: ReadOptions,
): Promise<readonly string[] | undefined> {
  try {
    return await repository.list(options);
  } catch {
    options.signal?.throwIfAborted();
    return undefined;
  }
}
