import { createHash } from "node:crypto";
import type { FakeFile, FakeFiles } from "./fake-hub-options.ts";

/** A file as the Hub knows it. */
export interface StoredFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly storage: "git" | "lfs" | "xet";
  /** The git object: of the content, or of the pointer to it. */
  readonly gitId: string;
  readonly sha256: string;
  readonly pointerSize: number;
}

/** One revision. */
export interface FakeCommit {
  /** 40 hexadecimal digits that depend on the files alone. */
  readonly hash: string;
  readonly files: ReadonlyMap<string, StoredFile>;
}

/** Makes a commit of files. */
export function makeCommit(files: FakeFiles): FakeCommit {
  const stored = Object.entries(files)
    .map(([path, file]) => storeFile(path, file))
    .sort((first, second) => (first.path < second.path ? -1 : 1));
  const digest = createHash("sha1");
  for (const file of stored) digest.update(`${file.path}\0${file.storage}\0${file.gitId}\n`);
  return { hash: digest.digest("hex"), files: new Map(stored.map((file) => [file.path, file])) };
}

function storeFile(path: string, file: FakeFile): StoredFile {
  const content = typeof file === "string" || file instanceof Uint8Array ? file : file.bytes;
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const isPlain = typeof file === "string" || file instanceof Uint8Array;
  const storage = isPlain ? "git" : file.xet === true ? "xet" : file.lfs === true ? "lfs" : "git";
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256}\nsize ${bytes.length}\n`;
  const gitContent = storage === "git" ? bytes : new TextEncoder().encode(pointer);
  return { path, bytes, storage, gitId: hashGitBlob(gitContent), sha256, pointerSize: pointer.length };
}

function hashGitBlob(bytes: Uint8Array): string {
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}
