import { bytesFile } from "./bytes-file.ts";
import type { UploadFile } from "./upload-file.ts";

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
