import { InvalidArgumentError } from "@onestep/core";
import { type OptionNames, pickOptions, requireKnownOptions } from "@onestep/core/internal/known-options";
import { platform } from "#platform";
import type { OpenRepositoryOptions, ReadOptions } from "../repository.ts";
import { resolveEndpoint } from "../settings.ts";
import { checkRepositoryPath, findPathFault, findRepositoryIdFault } from "../validators.ts";

/**
 * Uploads files to a model's repository on the Hub, in one commit; the repository is created if it does not exist. Large
 * files are streamed, first for their SHA-256 and then to be sent, and those that the Hub already has are not sent again.
 * Everything is committed, or nothing; the commit is read back and checked.
 *
 * @param repositoryId - `owner/name`; a name without an owner belongs to the owner of the token.
 * @throws InvalidArgumentError if the id, a path or an option is invalid.
 * @throws MissingTokenError, InvalidTokenError, PermissionDeniedError if the token is missing, refused or read-only.
 * @throws RepositoryNotFoundError, RevisionNotFoundError if the branch does not exist.
 * @throws ConflictError if somebody else commits at the same time; UploadRejectedError if the Hub refuses it.
 * @throws ConnectionError, ServerError if the Hub is unreachable or failing; OfflineError if requests are not
 * allowed.
 * @throws UnsupportedError in a browser.
 *
 * @example
 * const { commit, url } = await uploadFiles("me/my-model", [bytesFile("README.md", "# My model")], {
 *   commitMessage: "Add a model card",
 * });
 */
export async function uploadFiles(
  repositoryId: string,
  files: readonly UploadFile[],
  options: UploadFilesOptions = {},
): Promise<UploadReport> {
  requireKnownOptions("uploadFiles", options, uploadOptionNames);
  options.signal?.throwIfAborted();
  const { revision = "main" } = options;
  const idFault = findRepositoryIdFault(repositoryId);
  if (idFault !== undefined) throw invalid("repositoryId", repositoryId, idFault, '"owner/name"');
  const revisionFault = findPathFault(revision);
  if (revisionFault !== undefined) {
    throw invalid("option revision", revision, revisionFault, "the name of a branch");
  }
  checkPaths(files);
  const environment = options.environment ?? platform.readEnvironment();
  const endpoint = resolveEndpoint(options.endpoint, environment);
  return platform.uploadFiles({ id: repositoryId, revision, endpoint, environment }, files, options);
}

function checkPaths(files: readonly UploadFile[]): void {
  const paths = new Set<string>();
  for (const { path } of files) {
    if (paths.has(checkRepositoryPath(path))) {
      throw invalid("files", path, "is there twice", "one file per path");
    }
    paths.add(path);
  }
  if (paths.size === 0) {
    throw new InvalidArgumentError({
      subject: "files",
      found: "none",
      expected: "at least one file",
      remedy: "Pass the files to upload.",
    });
  }
}

function invalid(subject: string, found: string, fault: string, expected: string): InvalidArgumentError {
  return new InvalidArgumentError({
    subject,
    found: `${JSON.stringify(found)}, which ${fault}`,
    expected,
    remedy: "Correct it.",
  });
}

/** Options of all uploads. */
export interface PushOptions
  extends Pick<
    OpenRepositoryOptions,
    "token" | "endpoint" | "retry" | "fetch" | "environment" | "signal" | "onProgress"
  > {
  /** The branch to commit to; `"main"` by default. It has to exist. */
  readonly revision?: string | undefined;
  /**
   * Whether the repository is private, if it is created now; by default as in its owner's settings, usually
   * public. An existing repository is not changed.
   */
  readonly private?: boolean | undefined;
  /** The first line of the commit's message. */
  readonly commitMessage?: string | undefined;
  /** The rest of the commit's message. */
  readonly commitDescription?: string | undefined;
  /** Opens a pull request instead of changing the branch; `false` by default. */
  readonly createPr?: boolean | undefined;
}

/** Options of `uploadFiles`. */
export interface UploadFilesOptions extends PushOptions {
  /**
   * Selects files of the branch to remove in the same commit, unless they are uploaded. None by default.
   */
  readonly isObsolete?: ((path: string) => boolean) | undefined;
  /** More files to upload, if the branch has no file at their path. None by default. */
  readonly filesIfAbsent?: ((repositoryId: string) => readonly UploadFile[]) | undefined;
}

/** The names of {@link PushOptions}. */
export const pushOptionNames: OptionNames<PushOptions> = {
  token: true,
  endpoint: true,
  retry: true,
  fetch: true,
  environment: true,
  signal: true,
  onProgress: true,
  revision: true,
  private: true,
  commitMessage: true,
  commitDescription: true,
  createPr: true,
};

const uploadOptionNames: OptionNames<UploadFilesOptions> = {
  ...pushOptionNames,
  isObsolete: true,
  filesIfAbsent: true,
};

/** The result of an upload. */
export interface UploadReport {
  /** The repository with its owner: `owner/name`. */
  readonly repositoryId: string;
  /** The new commit. */
  readonly commit: string;
  /** The URL of the commit's page. */
  readonly url: string;
  /** The URL of the pull request; `undefined` without `createPr`. */
  readonly pullRequestUrl: string | undefined;
}

/** A file to upload or save: its path, its length, and its bytes on demand. A `RepositoryFile` is one. */
export interface UploadFile {
  /** Relative path in the repository, with forward slashes. */
  readonly path: string;
  /** Length in bytes. */
  readonly size: number;
  /** Bytes `start` to `end` (exclusive). May be called several times, for parts in any order. */
  read(start: number, end: number, options?: Pick<ReadOptions, "signal">): Promise<Uint8Array>;
}

/**
 * A small file from text (as UTF-8) or bytes.
 *
 * @example
 * const card = bytesFile("README.md", "# My model");
 */
export function bytesFile(path: string, content: string | Uint8Array): UploadFile {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return { path, size: bytes.length, read: async (start, end) => bytes.slice(start, end) };
}

/**
 * The same files in a subfolder of the repository; `""` is its root.
 *
 * @example
 * const files = moveFiles([bytesFile("config.json", "{}")], "unet"); // unet/config.json
 */
export function moveFiles(files: readonly UploadFile[], subfolder: string): readonly UploadFile[] {
  if (subfolder === "") return files;
  return files.map((file) => ({
    path: `${subfolder}/${file.path}`,
    size: file.size,
    read: (start, end, options) => file.read(start, end, options),
  }));
}

/** Options of `pushToHub` of a model or a scheduler. */
export interface PushComponentOptions extends PushOptions {
  /** The folder of the repository (`"unet"`); the root by default. */
  readonly subfolder?: string | undefined;
}

/** A pipeline, a model or a scheduler to upload. */
export interface PushedComponent {
  /** Its class, as in diffusers. */
  readonly className: string;
  /** Its files, relative to its own folder. */
  readonly files: readonly UploadFile[];
  /** Selects files of an earlier upload to remove, relative to its own folder. None by default. */
  readonly isObsolete?: ((path: string) => boolean) | undefined;
}

/**
 * Implements `pushToHub` of pipelines, models and schedulers, following diffusers (`utils/hub_utils.py`,
 * `PushToHubMixin`): one commit with all files, `Upload model` or similar as the message, and a README if there is none
 * and no subfolder is given.
 *
 * @throws What `uploadFiles` throws.
 */
export function pushComponent(
  repositoryId: string,
  { className, files, isObsolete = () => false }: PushedComponent,
  options: PushComponentOptions = {},
): Promise<UploadReport> {
  const { subfolder = "", commitMessage = defaultMessage(className) } = options;
  const prefix = subfolder === "" ? "" : `${subfolder}/`;
  return uploadFiles(repositoryId, moveFiles(files, subfolder), {
    ...pickOptions<PushOptions>(options, pushOptionNames),
    commitMessage,
    isObsolete: (path) => path.startsWith(prefix) && isObsolete(path.slice(prefix.length)),
    ...(subfolder === "" ? { filesIfAbsent: (id) => [modelCard(className, id)] } : {}),
  });
}

function defaultMessage(className: string): string {
  if (className.includes("Model") && !className.endsWith("Pipeline")) return "Upload model";
  return className.includes("Scheduler") ? "Upload scheduler" : `Upload ${className}`;
}

/**
 * A README for a repository that has none: what it holds and how it is loaded, with the metadata by which the Hub knows
 * a diffusers model.
 *
 * @param className - A class of diffusers that has the same name here.
 */
export function modelCard(className: string, repositoryId: string): UploadFile {
  const kind = /Model$/.test(className) ? "model" : /Scheduler$/.test(className) ? "scheduler" : "pipeline";
  const source = JSON.stringify(repositoryId);
  return bytesFile(
    "README.md",
    `---
library_name: diffusers
---

# ${repositoryId.split("/").at(-1)}

A \`${className}\`, for Python and JavaScript alike.

\`\`\`python
from diffusers import ${className}

${kind} = ${className}.from_pretrained(${source})
\`\`\`

\`\`\`js
import { ${className} } from "onestep";

const ${kind} = await ${className}.fromPretrained(${source});
\`\`\`
`,
  );
}
