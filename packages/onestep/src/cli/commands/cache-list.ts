import type { CachedIncompleteFile, CachedRepository, CachedRevision } from "@onestep/hub";
import { cacheDirOption } from "../arguments/repository-options.ts";
import type { Command } from "../command.ts";
import { formatBytes } from "../output/text.ts";

/** `onestep cache list`. */
export const cacheListCommand: Command = {
  name: "cache list",
  summary: "List the models in the cache",
  description: [
    "The cache is shared with Python's huggingface_hub: models that Python downloaded are listed, too.",
  ],
  options: [cacheDirOption],
  examples: ["cache list", "cache list --json"],
  async run({ arguments: parsed, output, system, signal }) {
    const [{ scanCache }, { formatTable }] = await Promise.all([
      import("@onestep/hub"),
      import("../output/layout.ts"),
    ]);
    const report = await scanCache({
      cacheDir: parsed.text("cache-dir"),
      environment: system.environment,
      signal,
    });
    const { cacheDir, repositories, sizeOnDisk, problems } = report;
    for (const { path, message } of problems) output.note(`${path} ${message}`);
    output.result({
      lines: [
        ...formatTable(describeRepositories(repositories), { right: [2, 3], columns: output.columns }),
        ...formatTotal(repositories.length, sizeOnDisk, cacheDir),
      ],
      document: {
        cacheDir,
        sizeOnDisk,
        models: repositories.map(({ id, kind, folder, lastUsed, revisions, incompleteFiles, ...sizes }) => ({
          id,
          kind,
          folder,
          sizeOnDisk: sizes.sizeOnDisk,
          fileCount: sizes.fileCount,
          lastUsed: lastUsed?.toISOString() ?? null,
          revisions,
          incompleteFiles: incompleteFiles.map(({ path, sizeOnDisk: size, processId }) => ({
            path,
            sizeOnDisk: size,
            processId: processId ?? null,
          })),
        })),
        problems,
      },
    });
  },
};

function describeRepositories(repositories: readonly CachedRepository[]): readonly (readonly string[])[] {
  if (repositories.length === 0) return [];
  const rows = repositories.map(({ id, sizeOnDisk, fileCount, lastUsed, revisions, incompleteFiles }) => [
    id,
    [...revisions.map(nameRevision), ...nameIncomplete(incompleteFiles)].join(", "),
    formatBytes(sizeOnDisk),
    String(fileCount),
    lastUsed?.toISOString().slice(0, 10) ?? "",
  ]);
  return [["MODEL", "REVISIONS", "SIZE", "FILES", "LAST USED"], ...rows];
}

function formatTotal(count: number, sizeOnDisk: number, cacheDir: string): readonly string[] {
  if (count === 0) return [`No models in ${cacheDir}`];
  return ["", `${count} model${count === 1 ? "" : "s"}, ${formatBytes(sizeOnDisk)} in ${cacheDir}`];
}

function nameIncomplete(files: readonly CachedIncompleteFile[]): readonly string[] {
  const isAtWork = files.some(({ processId }) => processId !== undefined);
  const names = files.length === 1 ? "1 file" : `${files.length} files`;
  return files.length === 0 ? [] : [`${names} ${isAtWork ? "being fetched" : "incomplete"}`];
}

function nameRevision({ commit, refs }: CachedRevision): string {
  const short = commit.slice(0, 7);
  return refs.length === 0 ? short : `${refs.join(" ")} (${short})`;
}
