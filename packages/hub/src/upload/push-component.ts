import {
  bytesFile,
  moveFiles,
  type PushOptions,
  type UploadFile,
  type UploadReport,
  uploadFiles,
} from "./upload-files.ts";

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
