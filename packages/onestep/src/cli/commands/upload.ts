import type { RepositoryFile, UploadFile } from "@onestep/hub";
import { filterPaths, globOptions } from "../arguments/globs.ts";
import { UsageError } from "../arguments/parse-arguments.ts";
import { endpointOption, tokenOption } from "../arguments/repository-options.ts";
import type { Command } from "../command.ts";

/** Files that belong to a program or a system, and not to a model. */
const ignored = /(^|\/)(\.git|\.cache|__pycache__|node_modules)\/|(^|\/)(\.DS_Store|\.onestep-[^/]*\.tmp)$/;

/** `onestep upload`. */
export const uploadCommand: Command = {
  name: "upload",
  summary: "Upload a folder to a model's repository on the Hub",
  description: [
    "All files of the folder go into one commit, in which files of the same name are replaced; others stay. The repository is created if it does not exist. Files that the Hub has already are not sent again.",
    "It needs a token that may write. The address of the commit goes to stdout.",
  ],
  positionals: [
    { name: "folder", required: true, completes: "folder", description: "What to upload" },
    {
      name: "repository",
      required: true,
      description: "Where to: owner/name, or a name under the owner of the token",
    },
  ],
  options: [
    ...globOptions,
    { name: "revision", value: "branch", description: "The branch to commit to (default: main)" },
    { name: "private", description: "Make the repository private, if it is created" },
    { name: "create-pr", description: "Open a pull request instead of changing the branch" },
    {
      name: "commit-message",
      value: "text",
      description: "The message of the commit (default: Upload files)",
    },
    tokenOption,
    endpointOption,
  ],
  examples: ["upload my-model me/my-model", 'upload my-model me/my-model --exclude "*.bin" --create-pr'],
  async run(invocation) {
    const { arguments: parsed, output, system, signal } = invocation;
    const [folder, id] = parsed.positionals;
    if (folder === undefined) throw new UsageError("A folder is missing: name what to upload.");
    if (id === undefined)
      throw new UsageError("A repository is missing: name where to upload, as owner/name.");
    const { uploadFiles } = await import("@onestep/hub");
    const files = await readFolder(folder, (paths) => filterPaths(paths, parsed), signal);
    output.progress.expect({
      verb: "Uploading",
      files: new Map(files.map(({ path, size }) => [path, size])),
    });
    const report = await uploadFiles(id, files, {
      revision: parsed.text("revision"),
      private: parsed.has("private") ? true : undefined,
      createPr: parsed.has("create-pr"),
      commitMessage: parsed.text("commit-message"),
      token: parsed.text("token"),
      endpoint: parsed.text("endpoint"),
      environment: system.environment,
      onProgress: (event) => output.progress.show(event),
      signal,
    });
    const { repositoryId, commit, url, pullRequestUrl } = report;
    output.progress.clear();
    output.result({
      lines: [pullRequestUrl ?? url],
      document: {
        repository: repositoryId,
        ...{ commit, url },
        pullRequestUrl: pullRequestUrl ?? null,
        files: files.map(({ path, size }) => ({ path, size })),
      },
    });
  },
};

/** The files of a folder. @throws UsageError if it is no folder, or no file is left. */
async function readFolder(
  folder: string,
  filter: (paths: readonly string[]) => readonly string[],
  signal: AbortSignal,
): Promise<readonly UploadFile[]> {
  const [{ openRepository }, { stat }] = await Promise.all([
    import("@onestep/hub"),
    import("node:fs/promises"),
  ]);
  const status = await stat(folder).catch(() => undefined);
  if (status?.isDirectory() !== true) {
    throw new UsageError(
      `${folder} is ${status === undefined ? "not there" : "a file"}: name a folder to upload.`,
    );
  }
  const repository = await openRepository(folder, { signal });
  const all = (await repository.list({ signal })) ?? [];
  const paths = filter(all.filter((path) => !ignored.test(path)));
  if (paths.length === 0) {
    throw new UsageError(
      all.length === 0 ? `${folder} is empty.` : `--include and --exclude leave no file of ${folder}.`,
    );
  }
  const files: RepositoryFile[] = [];
  for (const path of paths) files.push(await repository.get(path, { signal }));
  return files;
}
