import {
  type CachedRepository,
  type CacheLocation,
  deleteFromCache,
  pruneCache,
  RepositoryNotFoundError,
  scanCache,
} from "@onestep/hub";
import { UsageError } from "../arguments/usage-error.ts";
import type { Invocation } from "../command.ts";
import { formatBytes } from "../output/format-bytes.ts";
import { printable } from "../output/printable.ts";

/** `onestep cache clear`. */
export async function clearCache(invocation: Invocation): Promise<void> {
  const { arguments: parsed, output, system, signal } = invocation;
  const location = { cacheDir: parsed.text("cache-dir"), environment: system.environment };
  if (parsed.has("leftovers")) return clearLeftovers(invocation, location);
  const isSure = parsed.has("yes");
  if (!isSure && system.ask === undefined) {
    throw new UsageError("There is no terminal to ask on. Add --yes to remove without asking.");
  }
  const report = await scanCache({ ...location, signal });
  const chosen = chooseRepositories(report.repositories, parsed.positionals, report.cacheDir);
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
}

/** Nothing is lost that somebody could miss, so there is no question. */
async function clearLeftovers(
  { arguments: parsed, output, signal }: Invocation,
  location: CacheLocation,
): Promise<void> {
  if (parsed.positionals.length > 0) {
    throw new UsageError("--leftovers is for the whole cache. Leave out the models.", "cache clear");
  }
  const { freedBytes, keptBytes } = await pruneCache({ ...location, signal });
  output.result({
    lines: [`${formatBytes(freedBytes)} freed`],
    document: { removed: [], freedBytes, keptBytes },
  });
}

function chooseRepositories(
  cached: readonly CachedRepository[],
  ids: readonly string[],
  cacheDir: string,
): readonly CachedRepository[] {
  if (ids.length === 0) return cached;
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
  const question = printable(`${list}Remove ${what} from the cache, for Python too? [y/N] `);
  const answer = await system.ask?.(question, signal);
  return /^y(es)?$/i.test(answer?.trim() ?? "");
}
