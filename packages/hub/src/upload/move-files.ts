import type { UploadFile } from "./upload-file.ts";

/** The same files in a folder of a repository; `""` is its root. */
export function moveFiles(files: readonly UploadFile[], subfolder: string): readonly UploadFile[] {
  if (subfolder === "") return files;
  return files.map((file) => ({
    path: `${subfolder}/${file.path}`,
    size: file.size,
    read: (start, end, options) => file.read(start, end, options),
  }));
}
