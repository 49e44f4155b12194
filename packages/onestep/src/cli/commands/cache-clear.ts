import type { CachedRepository, CacheLocation } from "@onestep/hub";
import { UsageError } from "../arguments/parse-arguments.ts";
import { cacheDirOption } from "../arguments/repository-options.ts";
import type { Command, Invocation } from "../command.ts";
import { formatBytes, printable } from "../output/text.ts";

/** `onestep cache clear`. */
export const cacheClearCommand: Command = {
  name: "cache clear",
  summary: "Remove models from the cache",
  description: [
    "The cache is shared with Python, which has to fetch a removed model again, too. In a terminal, the command asks first; elsewhere it needs --yes.",
    "--leftovers removes only what interrupted downloads left behind: incomplete files, which the next download would resume, and locks of processes that have ended. Removing all models removes these, too. Files that a process is downloading stay.",
  ],
  positionals: [
    {
      name: "model",
      repeatable: true,
      description: "Models to remove, as `onestep cache list` names them. Without any: all of them",
    },
  ],
  options: [
    { name: "yes", short: "y", description: "Remove without asking" },
    { name: "leftovers", description: "Remove no models, only what interrupted downloads left behind" },
    cacheDirOption,
  ],
  examples: ["cache clear openai/diffusers-cd_imagenet64_l2", "cache clear --yes", "cache clear --leftovers"],
  async run(invocation) {
    const { arguments: parsed, output, system, signal } = invocation;
    const location = { cacheDir: parsed.text("cache-dir"), environment: system.environment };
    if (parsed.has("leftovers")) return clearLeftovers(invocation, location);
    const isSure = parsed.has("yes");
    if (!isSure && system.ask === undefined) {
      throw new UsageError("Not a terminal, so there is nobody to ask: pass --yes to delete without asking.");
    }
    const { deleteFromCache, pruneCache, scanCache } = await import("@onestep/hub");
    const report = await scanCache({ ...location, signal });
    const chosen = await chooseRepositories(report.repositories, parsed.positionals, report.cacheDir);
    if (chosen.length > 0 && !isSure && !(await confirm(chosen, invocation))) {
      output.result({
        lines: ["Nothing was removed."],
        document: { removed: [], freedBytes: 0, keptBytes: 0 },
      });
      return;
    }
    let freedBytes = 0;
    let keptBytes = 0;
    for (const { id } of chosen) {
      signal.throwIfAborted();
      const deleted = await deleteFromCache({ ...location, repoId: id });
      freedBytes += deleted.freedBytes;
      keptBytes += deleted.keptBytes;
      output.note(`Removed ${id}`);
    }
    if (parsed.positionals.length === 0) freedBytes += (await pruneCache({ ...location, signal })).freedBytes;
    const kept = keptBytes === 0 ? "" : `, ${formatBytes(keptBytes)} stay in the store that Python shares`;
    output.result({
      lines: [
        chosen.length === 0 && freedBytes === 0
          ? "The cache is empty."
          : `${formatBytes(freedBytes)} freed${kept}`,
      ],
      document: { removed: chosen.map(({ id }) => id), freedBytes, keptBytes },
    });
  },
};

/** Deletes nothing of value, so it does not ask for confirmation. */
async function clearLeftovers(
  { arguments: parsed, output, signal }: Invocation,
  location: CacheLocation,
): Promise<void> {
  if (parsed.positionals.length > 0) {
    throw new UsageError("--leftovers is for the whole cache. Leave out the models.", "cache clear");
  }
  const { pruneCache } = await import("@onestep/hub");
  const { freedBytes, keptBytes } = await pruneCache({ ...location, signal });
  output.result({
    lines: [`${formatBytes(freedBytes)} freed`],
    document: { removed: [], freedBytes, keptBytes },
  });
}

async function chooseRepositories(
  cached: readonly CachedRepository[],
  ids: readonly string[],
  cacheDir: string,
): Promise<readonly CachedRepository[]> {
  if (ids.length === 0) return cached;
  const { RepositoryNotFoundError } = await import("@onestep/hub");
  return [...new Set(ids)].map((id) => {
    const repository = cached.find((candidate) => candidate.id === id);
    if (repository !== undefined) return repository;
    throw new RepositoryNotFoundError({
      subject: id,
      found: `nothing in the cache folder ${cacheDir}`,
      expected: "a model in the cache",
      remedy: "See what is there with `onestep cache list`. Nothing was removed.",
    });
  });
}

async function confirm(
  chosen: readonly CachedRepository[],
  { system, signal }: Invocation,
): Promise<boolean> {
  const list = chosen.map(({ id, sizeOnDisk }) => `  ${id} (${formatBytes(sizeOnDisk)})\n`).join("");
  const what = chosen.length === 1 ? "this model" : `these ${chosen.length} models`;
  const question = printable(`${list}Delete ${what}? The cache is shared with Python. [y/N] `);
  const answer = await system.ask?.(question, signal);
  return /^y(es)?$/i.test(answer?.trim() ?? "");
}
