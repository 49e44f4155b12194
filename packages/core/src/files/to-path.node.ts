import { fileURLToPath } from "node:url";
import { describeValue } from "../config/describe-json.ts";
import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";
import { isUrl } from "../realm.ts";

/** The path on disk that a path or a `file:` URL stands for, be the URL a text or not. @throws InvalidArgumentError where it is neither. */
export function toPath(path: string | URL): string {
  try {
    const fromUrl = isUrl(path) || (typeof path === "string" && /^file:\/\//i.test(path));
    const text = fromUrl ? fileURLToPath(path) : path;
    if (typeof text === "string" && text !== "" && !text.includes("\0")) return text;
  } catch {
    // Not a file: URL, or one with a host; reported below.
  }
  throw new InvalidArgumentError({
    subject: "path",
    found: describeValue(path),
    expected: "the path of a file, or a file: URL",
    remedy: "Pass a path that is not empty.",
  });
}
