import type { ReadOptions, Repository } from "@onestep/hub";

/**
 * The folder of a component: the one of its name, or the root of a repository in which everything lies together, as in
 * early ones (google/ddpm-cifar10-32). diffusers looks in the same two places.
 *
 * @param configName - The file that tells the place: `config.json`, `scheduler_config.json`.
 * @returns The path of the folder, `""` for the root; the one of its name where the file is in neither.
 */
export async function findComponentFolder(
  repository: Repository,
  name: string,
  configName: string,
  options: ReadOptions = {},
): Promise<string> {
  if ((await repository.find(`${name}/${configName}`, options)) !== undefined) return name;
  return (await repository.find(configName, options)) === undefined ? name : "";
}
