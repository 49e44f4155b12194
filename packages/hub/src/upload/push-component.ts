import { modelCard } from "./model-card.ts";
import { moveFiles } from "./move-files.ts";
import type { UploadFile } from "./upload-file.ts";
import { uploadFiles } from "./upload-files.ts";
import type { PushOptions, UploadReport } from "./upload-files-options.ts";

/** Options of `pushToHub` of a model or a scheduler. */
export interface PushComponentOptions extends PushOptions {
  /** The folder of the repository to put it into (`"unet"`); the root by default. */
  readonly subfolder?: string | undefined;
}

/** A pipeline, a model or a scheduler as it is uploaded. */
export interface PushedComponent {
  /** Its class, as in diffusers. */
  readonly className: string;
  /** Its files, relative to its own folder. */
  readonly files: readonly UploadFile[];
  /** Which files of an earlier upload are to be removed, relative to its own folder. None by default. */
  readonly isObsolete?: ((path: string) => boolean) | undefined;
}

/**
 * What `pushToHub` of a pipeline, a model or a scheduler does, as diffusers does it (`utils/hub_utils.py`,
 * `PushToHubMixin`): one commit with all files, `Upload model` or the like for a message, and a README where there is
 * none and no subfolder was named.
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
    ...options,
    commitMessage,
    isObsolete: (path) => path.startsWith(prefix) && isObsolete(path.slice(prefix.length)),
    ...(subfolder === "" ? { filesIfAbsent: (id) => [modelCard(className, id)] } : {}),
  });
}

function defaultMessage(className: string): string {
  if (className.includes("Model") && !className.endsWith("Pipeline")) return "Upload model";
  return className.includes("Scheduler") ? "Upload scheduler" : `Upload ${className}`;
}
