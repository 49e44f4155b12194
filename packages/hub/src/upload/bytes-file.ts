import type { UploadFile } from "./upload-file.ts";

/** A small file for an upload, from text (as UTF-8) or bytes at hand. */
export function bytesFile(path: string, content: string | Uint8Array): UploadFile {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return { path, size: bytes.length, read: async (start, end) => bytes.slice(start, end) };
}
