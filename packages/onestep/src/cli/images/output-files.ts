import { access, constants, open, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FileWriteError, InvalidArgumentError, type PngText, RasterImage } from "@onestep/core";
import { writeFileAside } from "@onestep/core/internal";
import { UsageError } from "../arguments/parse-arguments.ts";
import type { Invocation } from "../command.ts";
import { BrokenPipeError, type OutputStream, stdoutWriteError } from "../system.ts";
import { encodeImage, formatOf, requireEncoder } from "./encode-images.ts";

/** The names of `count` files: `a.png` for one, `a-0.png`, `a-1.png`, … for more. */
export function nameFiles(file: string, count: number): readonly string[] {
  if (count === 1) return [file];
  const ending = /\.[^.]+$/.exec(file)?.[0] ?? "";
  const stem = file.slice(0, file.length - ending.length);
  return Array.from({ length: count }, (_, index) => `${stem}-${index}${ending}`);
}

/**
 * The default output names: from `onestep.png`, or the first of `onestep-2.png`, `onestep-3.png`, … that would not
 * replace a file.
 *
 * @param folder - The output folder; the current one by default.
 */
export async function nameFilesByDefault(count: number, folder: string = ""): Promise<readonly string[]> {
  for (let attempt = 1; ; attempt++) {
    const files = nameFiles(join(folder, attempt === 1 ? "onestep.png" : `onestep-${attempt}.png`), count);
    const taken = await Promise.all(files.map(isThere));
    if (!taken.includes(true)) return files;
  }
}

/** Where pictures go, and how they are laid out. */
export interface OutputRequest {
  /** The file of `--out`; `-` for the standard output. */
  readonly out: string | undefined;
  /** Columns of the grid that combines all images. */
  readonly gridColumns: number | undefined;
  /** How many times larger images are saved. */
  readonly scale: number | undefined;
}

/** Lays images out as they are saved: enlarged, in a grid. */
export function layOut(
  images: readonly RasterImage[],
  { gridColumns, scale = 1 }: Pick<OutputRequest, "gridColumns" | "scale">,
): readonly RasterImage[] {
  const pictures = gridColumns === undefined ? images : [RasterImage.grid(images, { columns: gridColumns })];
  return scale === 1 ? pictures : pictures.map((picture) => enlarge(picture, scale));
}

/** Makes every pixel a square of `factor` x `factor` pixels. */
export function enlarge({ width, height, channels, data }: RasterImage, factor: number): RasterImage {
  const rowBytes = width * factor * channels;
  const enlarged = new Uint8Array(rowBytes * height * factor);
  for (let row = 0; row < height; row += 1) {
    const start = row * factor * rowBytes;
    for (let column = 0; column < width * factor; column += 1) {
      const from = (row * width + Math.floor(column / factor)) * channels;
      enlarged.set(data.subarray(from, from + channels), start + column * channels);
    }
    for (let copy = 1; copy < factor; copy += 1) {
      enlarged.copyWithin(start + copy * rowBytes, start, start + rowBytes);
    }
  }
  return new RasterImage({ width: width * factor, height: height * factor, channels, data: enlarged });
}

const mostPixels = 2 ** 26;

/** @throws InvalidArgumentError if images of a size become too large with `--scale`. */
export function requireScale(scale: number | undefined, width: number, height: number): void {
  if (scale === undefined || width * height * scale ** 2 <= mostPixels) return;
  throw new InvalidArgumentError({
    subject: "--scale",
    found: `${scale} for images of ${width}x${height} pixels`,
    expected: `at most ${Math.floor(Math.sqrt(mostPixels / (width * height)))}`,
    remedy: "Choose a smaller factor.",
  });
}

/** Below this, images are hard to see on a screen. */
const smallPixels = 128;

/** `2 images of 32x32, saved 8 times larger`; for small images, the flag that enlarges them. */
export function describeSize(
  count: number,
  { width, height }: { readonly width: number; readonly height: number },
  scale: number | undefined,
): string {
  const images = `${count} image${count === 1 ? "" : "s"} of ${width}x${height}`;
  if (scale !== undefined && scale > 1) return `${images}, saved ${scale} times larger,`;
  return Math.max(width, height) < smallPixels ? `${images} (--scale 8 enlarges)` : images;
}

/** Options of {@link savePictures}. */
export interface SaveOptions {
  readonly signal: AbortSignal;
  /** Texts to write into the files, by keyword. */
  readonly texts?: readonly PngText[];
  /** Where a picture goes that is saved as `-`. */
  readonly stdout?: OutputStream;
}

/**
 * Saves pictures under the given name or the default names.
 *
 * @returns The files.
 * @throws FileWriteError if a file cannot be written.
 * @throws BrokenPipeError if the picture goes to the standard output, and nobody reads it.
 */
export async function savePictures(
  pictures: readonly RasterImage[],
  out: string | undefined,
  { signal, texts = [], stdout }: SaveOptions,
): Promise<readonly string[]> {
  const encode = (index: number): Promise<Uint8Array> =>
    encodeImage(pictures[index] as RasterImage, formatOf(out), texts[index]);
  if (out === "-") {
    const cause = await stdout?.writeBytes?.(await encode(0));
    if (cause === undefined) return [];
    throw cause.code === "EPIPE" ? new BrokenPipeError() : await stdoutWriteError(cause);
  }
  const save = async (index: number, file: string): Promise<void> =>
    writeFileAside(file, await encode(index));
  if (out !== undefined) {
    const files = nameFiles(out, pictures.length);
    for (const [index, file] of files.entries()) {
      signal.throwIfAborted();
      await save(index, file);
    }
    return files;
  }
  const files = await reserveFiles(pictures.length);
  const saved = new Set<string>();
  try {
    for (const [index, file] of files.entries()) {
      signal.throwIfAborted();
      await save(index, file);
      saved.add(file);
    }
  } catch (error) {
    for (const file of files) if (!saved.has(file)) await rm(file, { force: true }).catch(() => undefined);
    throw error;
  }
  return files;
}

/**
 * Reserves the names given by {@link nameFilesByDefault} with empty files, so that no other command takes them
 * meanwhile.
 *
 * @param folder - The output folder; the current one by default.
 */
export async function reserveFiles(count: number, folder: string = ""): Promise<readonly string[]> {
  for (;;) {
    const files = await nameFilesByDefault(count, folder);
    const reserved: string[] = [];
    try {
      for (const file of files) {
        await (await open(file, "wx")).close();
        reserved.push(file);
      }
      return files;
    } catch (error) {
      for (const file of reserved) await rm(file, { force: true });
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw toWriteError(files[0] ?? "", error);
    }
  }
}

function toWriteError(file: string, cause: unknown): FileWriteError {
  const problem = {
    subject: file,
    found: `a file that cannot be made (${cause instanceof Error ? cause.message : typeof cause})`,
    expected: "a folder that you may write to",
    remedy: "Choose another path with --out.",
  };
  return new FileWriteError(problem, { cause });
}

/**
 * Checks that the results of a command can be saved, before anything is fetched; see {@link checkWritable}.
 *
 * @param count - Number of images.
 * @throws UsageError if they are to go to the standard output, and cannot.
 * @throws UnsupportedError if their format cannot be written here.
 */
export async function checkOutput(
  { out, gridColumns }: Pick<OutputRequest, "gridColumns" | "out">,
  count: number,
  { arguments: parsed, system }: Pick<Invocation, "arguments" | "system">,
): Promise<void> {
  await requireEncoder(out);
  const files = gridColumns === undefined ? count : 1;
  if (out !== "-") {
    await checkWritable(out === undefined ? await nameFilesByDefault(files) : nameFiles(out, files));
    return;
  }
  if (files > 1) {
    throw new UsageError(
      `--out: found - for ${files} images, expected one image for the standard output. Add --grid to save them as one.`,
    );
  }
  if (parsed.has("json")) {
    throw new UsageError("--json and --out - exclude each other: both write to the standard output.");
  }
  if (system.stdout.isTTY === true) {
    throw new UsageError(
      "--out: found -, and the standard output is a terminal, which does not show the bytes of an image. Pipe them into a program or a file.",
    );
  }
}

/**
 * Checks that files can be written, before spending time on images.
 *
 * @throws FileWriteError if the folder is missing or may not be written to, or something else than a file that may be
 * replaced has that name.
 */
export async function checkWritable(files: readonly string[]): Promise<void> {
  for (const file of files) {
    const folder = dirname(file);
    const [place, present] = await Promise.all([statusOf(folder), statusOf(file)]);
    if (place?.isDirectory() !== true) {
      throw new FileWriteError({
        subject: file,
        found: `no folder ${folder}`,
        expected: "a folder that exists",
        remedy: "Make the folder first, or correct the path.",
      });
    }
    if (present !== undefined && !present.isFile()) {
      throw new FileWriteError({
        subject: file,
        found: present.isDirectory() ? "a folder" : "a device or a pipe",
        expected: "a file, or nothing yet",
        remedy: present.isDirectory()
          ? "Choose another path."
          : "Choose another path, or write to the standard output with --out -.",
      });
    }
    await requireAccess(file, folder, "a folder that you may write to");
    if (present !== undefined) await requireAccess(file, file, "a file that you may replace");
  }
}

async function requireAccess(file: string, path: string, expected: string): Promise<void> {
  try {
    await access(path, constants.W_OK);
  } catch (cause) {
    throw new FileWriteError(
      {
        subject: file,
        found: path === file ? "no permission to write to the file" : "no permission to write there",
        expected,
        remedy: "Change the permissions, or choose another path.",
      },
      { cause },
    );
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await statusOf(path)) !== undefined;
}

async function statusOf(path: string): Promise<Awaited<ReturnType<typeof stat>> | undefined> {
  return stat(path).catch(() => undefined);
}
