import { UnsupportedError } from "@onestep/core";
import { warn } from "@onestep/core/internal";
import type { ReadOptions, RepositoryFile } from "@onestep/hub";
import { CheckpointError, MisnamedFileError } from "../../errors.ts";
import type { CheckpointTensor } from "../checkpoint.ts";
import { listNames, shortenName } from "../list-names.ts";
import { PickleDict, type PickleValue } from "../pickle/pickle-value.ts";
import { maximumPickleBytes, unpickle } from "../pickle/unpickle.ts";
import { readZipDirectory } from "../zip/read-zip-directory.ts";
import type { ZipEntry } from "../zip/zip-entry.ts";
import { chooseStateDict, type PickledTensor } from "./choose-state-dict.ts";
import { locateTorchTensor, type TorchArchive } from "./locate-torch-tensor.ts";
import { resaveRemedy } from "./resave-remedy.ts";
import { checkTorchFileKind } from "./torch-file-kind.ts";
import { LeftOutTensor, TorchTensor } from "./torch-tensor.ts";
import { torchWorld } from "./torch-world.ts";

/** Options of {@link readTorchFile}. */
export interface ReadTorchFileOptions extends ReadOptions {
  /**
   * The entry of the file to load, if several hold arrays: `"ema"`. Not needed if there is only one, or the file itself is
   * a state dict.
   */
  readonly stateDictKey?: string | undefined;
}

/** The newest supported format version; torch 2.13 writes 3 and reads up to 10. */
const newestVersion = 10;

/** Records are a few bytes: a version, a byte order. */
const maximumRecordBytes = 64;

/**
 * Lists the arrays of a `torch.save` file (`.bin`, `.pt`, `.pth`; the zip format, torch's default since version 1.6),
 * without torch and without executing any of its contents. Array data is not read.
 *
 * The zip directory is checked against the file, see `readZipDirectory`; the pickle is read as data, see `unpickle`;
 * each array must lie within its storage.
 *
 * @throws UnsafePickleError if the pickle needs more than arrays.
 * @throws CheckpointError if the file is damaged, or has no arrays or several state dicts.
 * @throws UnsupportedError if it has an old or compressed format, or comes from a big-endian machine; the message has a
 * line of Python to convert it.
 */
export async function readTorchFile(
  file: RepositoryFile,
  options: ReadTorchFileOptions = {},
): Promise<ReadonlyMap<string, CheckpointTensor>> {
  const { stateDictKey, ...readOptions } = options;
  const { archive, content } = await openTorchFile(file, readOptions);
  const chosen = chooseStateDict(file.path, content, stateDictKey);
  const tensors = [...chosen].flatMap(([name, tensor]) =>
    tensor instanceof TorchTensor ? [[name, locateTorchTensor(archive, name, tensor)] as const] : [],
  );
  leaveOut(file, chosen, tensors.length);
  return new Map(tensors);
}

/**
 * The strings in a `torch.save` file besides its arrays, by name, if it is a dict.
 *
 * @throws What {@link readTorchFile} throws.
 */
export async function readTorchTexts(
  file: RepositoryFile,
  options: ReadOptions = {},
): Promise<ReadonlyMap<string, string>> {
  const { content } = await openTorchFile(file, options);
  const entries = content instanceof PickleDict ? [...content.entries] : [];
  return new Map(
    entries.filter((entry): entry is [string, string] => entry.every((part) => typeof part === "string")),
  );
}

async function openTorchFile(
  file: RepositoryFile,
  options: ReadOptions,
): Promise<{ readonly archive: TorchArchive; readonly content: PickleValue }> {
  await checkTorchFileKind(file, options);
  const entries = await readZipDirectory(file, options);
  const archive = { file, root: findRoot(file, entries), entries };
  requireStored(archive);
  await checkRecords(archive, options);
  const pickle = entries.get(`${archive.root}/data.pkl`) as ZipEntry;
  const subject = `${file.path}: data.pkl`;
  if (pickle.length > maximumPickleBytes) {
    throw invalid(subject, `${pickle.length} bytes`, `at most ${maximumPickleBytes}`);
  }
  const bytes = await file.read(pickle.offset, pickle.offset + pickle.length, options);
  return { archive, content: unpickle(subject, bytes, torchWorld) };
}

/** Warns about non-contiguous tensors. @throws UnsupportedError if there are no others. */
function leaveOut(file: RepositoryFile, chosen: ReadonlyMap<string, PickledTensor>, kept: number): void {
  const leftOut = [...chosen].flatMap(([name, tensor]) =>
    tensor instanceof LeftOutTensor ? [`${shortenName(name)} (${tensor.kind})`] : [],
  );
  if (leftOut.length === 0) return;
  const shown = leftOut.slice(0, 3).join(", ");
  if (kept > 0) {
    warn(
      `${file.path}: left out ${shown}${leftOut.length > 3 ? ` and ${leftOut.length - 3} more` : ""}, whose elements do not lie in a row.`,
      "checkpoint",
    );
    return;
  }
  throw new UnsupportedError({
    subject: file.path,
    found: shown,
    expected: "tensors whose elements lie in a row",
    remedy: "Save them as such in Python: `tensor.to_dense()` of a sparse one.",
  });
}

/** The root folder, named after the file when it was saved. */
function findRoot(file: RepositoryFile, entries: ReadonlyMap<string, ZipEntry>): string {
  const roots = [...entries.keys()].flatMap((name) => /^([^/]+)\/data\.pkl$/.exec(name)?.[1] ?? []);
  const [root, ...others] = roots;
  const expected = "one folder with data.pkl, as torch.save writes it";
  if (root === undefined) {
    const names = [...entries.keys()];
    throw new MisnamedFileError(file.path, expected, {
      found: names.every((name) => name.endsWith(".npy"))
        ? "an archive of numpy (.npz)"
        : `a zip file without data.pkl, with ${listNames(names, 3)}`,
      remedy:
        "It is no file of torch. Unpack it, and load the file or the folder with the weights that is in it.",
    });
  }
  if (others.length > 0) throw invalid(file.path, `data.pkl in ${roots.length} folders`, expected);
  if (entries.has(`${root}/constants.pkl`)) {
    throw new UnsupportedError({
      subject: file.path,
      found: "a TorchScript program",
      expected: "weights alone, as torch.save writes them",
      remedy: "In Python, save the `state_dict()` of the loaded program.",
      summary: `${file.path} is a TorchScript program, not a file of weights.`,
    });
  }
  return root;
}

function requireStored({ file, entries }: TorchArchive): void {
  const compressed = [...entries.values()].find(({ isStored }) => !isStored);
  if (compressed === undefined) return;
  throw new UnsupportedError({
    subject: `${file.path}: ${JSON.stringify(compressed.name)}`,
    found: "a compressed entry",
    expected: "entries stored as they are, which is how torch writes them",
    remedy: resaveRemedy(file),
  });
}

async function checkRecords(archive: TorchArchive, options: ReadOptions): Promise<void> {
  const { file } = archive;
  const byteOrder = await readRecord(archive, "byteorder", options);
  if (byteOrder === "big") {
    throw new UnsupportedError({
      subject: file.path,
      found: "arrays of a big-endian machine",
      expected: "little-endian arrays",
      remedy: resaveRemedy(file),
    });
  }
  if (byteOrder !== undefined && byteOrder !== "little") {
    throw invalid(`${file.path}: byteorder`, JSON.stringify(byteOrder), '"little" or "big"');
  }
  const version = (await readRecord(archive, "version", options))?.trim();
  if (version !== undefined && !(/^\d{1,9}$/.test(version) && Number(version) <= newestVersion)) {
    throw new UnsupportedError({
      subject: `${file.path}: version`,
      found: JSON.stringify(version),
      expected: `a number of at most ${newestVersion}`,
      remedy: resaveRemedy(file),
    });
  }
}

async function readRecord(
  { file, root, entries }: TorchArchive,
  name: string,
  options: ReadOptions,
): Promise<string | undefined> {
  const entry = entries.get(`${root}/${name}`);
  if (entry === undefined) return undefined;
  if (entry.length > maximumRecordBytes) {
    throw invalid(`${file.path}: ${name}`, `${entry.length} bytes`, `at most ${maximumRecordBytes}`);
  }
  const bytes = await file.read(entry.offset, entry.offset + entry.length, options);
  return new TextDecoder().decode(bytes);
}

function invalid(subject: string, found: string, expected: string): CheckpointError {
  return new CheckpointError({
    subject,
    found,
    expected,
    remedy: "Fetch it again, or save the weights alone, in Python: torch.save(model.state_dict(), path).",
  });
}
