import { readFile } from "node:fs/promises";
import { ImageError, RasterImage, UnsupportedError } from "@onestep/core";
import { errorCode, errorMessage } from "@onestep/core/internal";
import { UsageError } from "../arguments/parse-arguments.ts";
import type { InputStream } from "../system.ts";

/**
 * Reads images: PNG, JPEG or WebP. `-` is the standard input.
 *
 * @throws UsageError if `-` is named twice, or is a terminal.
 * @throws ImageError if a file does not exist, has another format, or is damaged.
 * @throws UnsupportedError if no decoder for it is available.
 */
export async function readImageFiles(
  paths: readonly string[],
  stdin: InputStream | undefined,
): Promise<readonly RasterImage[]> {
  requireOneStdin(paths, stdin);
  return Promise.all(
    paths.map(async (path) => {
      const name = path === "-" ? "stdin" : path;
      return decode(name, path === "-" ? await readStdin(stdin) : await readBytes(path));
    }),
  );
}

/** @throws UsageError if several images come from the standard input, or nothing can. */
export function requireOneStdin(paths: readonly string[], stdin: InputStream | undefined): void {
  const count = paths.filter((path) => path === "-").length;
  if (count > 1) {
    throw new UsageError(
      "- is named twice, and the standard input holds one image: name a file for the other.",
    );
  }
  if (count === 1 && (stdin === undefined || stdin.isTTY === true)) {
    throw new UsageError("- is the standard input, which is a terminal here: pipe an image into it.");
  }
}

async function readStdin(stdin: InputStream | undefined): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of stdin ?? []) parts.push(part);
  return Buffer.concat(parts);
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new ImageError(
      {
        subject: path,
        found: describeReadError(cause),
        expected: "a PNG, JPEG or WebP",
        remedy: "Correct the path.",
      },
      { cause },
    );
  }
}

async function decode(name: string, bytes: Uint8Array): Promise<RasterImage> {
  try {
    return await RasterImage.decode(bytes);
  } catch (cause) {
    for (const errorClass of [ImageError, UnsupportedError]) {
      if (!errorClass.isInstance(cause) || cause.problem === undefined) continue;
      const { found, expected, remedy } = cause.problem;
      throw new errorClass({ subject: name, found, expected, remedy }, { cause });
    }
    throw cause;
  }
}

function describeReadError(cause: unknown): string {
  const code = errorCode(cause);
  if (code === "ENOENT") return "no such file";
  if (code === "EISDIR") return "a folder";
  if (code === "EACCES" || code === "EPERM") return "a file that may not be read";
  return `a file that cannot be read (${errorMessage(cause)})`;
}
