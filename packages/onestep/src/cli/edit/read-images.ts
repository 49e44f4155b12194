import type { RasterImage } from "@onestep/core";
import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import { UsageError } from "../arguments/usage-error.ts";
import { readImageFile } from "./read-image-file.ts";

/** The images that a command line names. @throws UsageError where it names none, ImageError where one cannot be read. */
export async function readImages({ positionals }: ParsedArguments): Promise<readonly RasterImage[]> {
  if (positionals.length === 0) throw new UsageError("An image is missing: name a PNG, JPEG or WebP file.");
  return Promise.all(positionals.map(readImageFile));
}
