import { type PythonJson, type PythonJsonObject, UnsupportedError } from "@onestep/core";
import { describeJson, errorMessage, isJsonObject } from "@onestep/core/internal";
import { parsePythonJson } from "@onestep/core/internal/files";
import { byteLength, type DType, dtypes, numberFormats } from "@onestep/graph";
import type { ReadOptions, RepositoryFile } from "@onestep/hub";
import { CheckpointError, MisnamedFileError } from "../errors.ts";
import type { CheckpointTensor } from "./checkpoint.ts";
import { readFileKind } from "./identify-file.ts";
import { shortenName } from "./list-names.ts";

/** Every number format of safetensors, by its name in a header. */
const formatsByName: ReadonlyMap<string, DType> = new Map(
  dtypes.flatMap((dtype) => {
    const { safetensors } = numberFormats[dtype];
    return safetensors === undefined ? [] : [[safetensors, dtype] as const];
  }),
);

/** Maximum header size, as in the reference implementation. */
export const maximumHeaderBytes = 100_000_000;

const lengthBytes = 8;
const openBrace = 0x7b;

/**
 * Lists the arrays of a `.safetensors` file. Reads only the header.
 *
 * Every number in the header is checked against the file: the arrays must lie within it, match their type and shape,
 * and cover it without gaps or overlaps, as the format requires.
 *
 * @throws CheckpointError if the file is not a complete and consistent safetensors file.
 * @throws UnsupportedError if an array has an unknown type.
 */
export async function readSafetensors(
  file: RepositoryFile,
  options: ReadOptions = {},
): Promise<ReadonlyMap<string, CheckpointTensor>> {
  const { header, dataStart } = await readHeader(file, options);
  const tensors = new Map<string, CheckpointTensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (name !== "__metadata__") tensors.set(name, readEntry(file, name, entry, dataStart));
  }
  checkCoverage(file, tensors, dataStart);
  return tensors;
}

/**
 * The metadata strings of a `.safetensors` file by name (`__metadata__`); empty if there are none.
 *
 * @throws CheckpointError if the file is not a safetensors file.
 */
export async function readSafetensorsMetadata(
  file: RepositoryFile,
  options: ReadOptions = {},
): Promise<ReadonlyMap<string, string>> {
  const { header } = await readHeader(file, options);
  const metadata = header["__metadata__"] ?? null;
  const entries = isJsonObject(metadata) ? Object.entries(metadata) : [];
  return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

async function readHeader(
  file: RepositoryFile,
  options: ReadOptions,
): Promise<{ readonly header: PythonJsonObject; readonly dataStart: number }> {
  const headerBytes = await readHeaderLength(file, options);
  const headerText = await file.read(lengthBytes, lengthBytes + headerBytes, options);
  if (headerText[0] !== openBrace) await throwIfForeign(file, options);
  return { header: parseHeader(file, headerText), dataStart: lengthBytes + headerBytes };
}

async function readHeaderLength(file: RepositoryFile, options: ReadOptions): Promise<number> {
  if (file.size < lengthBytes) {
    await throwIfForeign(file, options);
    throw damaged(file, "", `${file.size} bytes`, "at least the 8 bytes that give the header's length");
  }
  const bytes = await file.read(0, lengthBytes, options);
  const claimed = new DataView(bytes.buffer, bytes.byteOffset, lengthBytes).getBigUint64(0, true);
  const available = file.size - lengthBytes;
  if (claimed > BigInt(Math.min(maximumHeaderBytes, available))) await throwIfForeign(file, options);
  if (claimed > BigInt(maximumHeaderBytes)) {
    throw damaged(file, "", `a claimed header of ${claimed} bytes`, `at most ${maximumHeaderBytes}`);
  }
  if (claimed > BigInt(available)) {
    throw damaged(
      file,
      "",
      `a claimed header of ${claimed} bytes`,
      `at most the ${available} bytes that follow`,
    );
  }
  return Number(claimed);
}

async function throwIfForeign(file: RepositoryFile, options: ReadOptions): Promise<void> {
  const kind = await readFileKind(file, options);
  if (kind !== undefined) throw new MisnamedFileError(file.path, "a safetensors file", kind);
}

function parseHeader(file: RepositoryFile, bytes: Uint8Array): PythonJsonObject {
  let header: PythonJson;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    header = parsePythonJson(text, `header of ${file.path}`);
  } catch (cause) {
    const reason = errorMessage(cause);
    throw damaged(file, "", `a header that is no JSON (${reason})`, "a JSON object", cause);
  }
  if (!isJsonObject(header))
    throw damaged(file, "", `a header that is ${describeJson(header)}`, "a JSON object");
  return header;
}

function readEntry(
  file: RepositoryFile,
  name: string,
  entry: PythonJson,
  dataStart: number,
): CheckpointTensor {
  if (!isJsonObject(entry))
    throw damaged(file, name, describeJson(entry), "an object of dtype, shape and data_offsets");
  const { dtype: format, shape, data_offsets: offsets } = entry;
  const dtype = readType(file, name, format);
  if (!isWholeNumbers(shape))
    throw damaged(file, name, `shape ${describe(shape)}`, "a list of whole numbers");
  if (!isWholeNumbers(offsets) || offsets.length !== 2) {
    throw damaged(file, name, `data_offsets ${describe(offsets)}`, "two whole numbers");
  }
  const [begin, end] = offsets as [number, number];
  if (end < begin)
    throw damaged(file, name, `data_offsets [${begin}, ${end}]`, "an end that is not before the begin");
  if (dataStart + end > file.size) {
    throw damaged(
      file,
      name,
      `data up to byte ${dataStart + end}`,
      `at most ${file.size}, the size of the file`,
    );
  }
  const expected = byteLength(dtype, shape);
  if (end - begin !== expected) {
    throw damaged(file, name, `${end - begin} bytes`, `${expected} for ${format} [${shape.join(", ")}]`);
  }
  return { dtype, shape, file, offset: dataStart + begin, length: end - begin };
}

function readType(file: RepositoryFile, name: string, dtype: PythonJson | undefined): DType {
  if (typeof dtype === "string" && formatsByName.has(dtype)) {
    return formatsByName.get(dtype) as DType;
  }
  const expected = `one of ${[...formatsByName.keys()].join(", ")}`;
  if (typeof dtype !== "string") throw damaged(file, name, `dtype ${describe(dtype)}`, expected);
  throw new UnsupportedError({
    subject: `${file.path}: ${shortenName(name)}`,
    found: `the dtype ${describeJson(dtype)}`,
    expected,
    remedy:
      "In Python, save the arrays in another type, such as float16: {k: v.half() for k, v in state_dict.items()}.",
  });
}

function checkCoverage(
  file: RepositoryFile,
  tensors: ReadonlyMap<string, CheckpointTensor>,
  dataStart: number,
): void {
  const entries = [...tensors].sort(
    ([, left], [, right]) => left.offset - right.offset || left.length - right.length,
  );
  let position = dataStart;
  for (const [name, { offset, length }] of entries) {
    if (offset !== position) {
      const what =
        offset < position ? "overlaps the array before it" : "leaves a gap after the array before it";
      throw damaged(file, name, `data at byte ${offset}, which ${what}`, `data at byte ${position}`);
    }
    position += length;
  }
  if (position !== file.size) {
    throw damaged(file, "", `${file.size - position} bytes after the last array`, "none");
  }
}

function isWholeNumbers(json: PythonJson | undefined): json is number[] {
  return (
    Array.isArray(json) &&
    json.every((item) => typeof item === "number" && Number.isSafeInteger(item) && item >= 0)
  );
}

function describe(json: PythonJson | undefined): string {
  return json === undefined ? "nothing" : describeJson(json);
}

function damaged(
  file: RepositoryFile,
  name: string,
  found: string,
  expected: string,
  cause?: unknown,
): CheckpointError {
  return new CheckpointError(
    {
      subject: name === "" ? file.path : `${file.path}: ${JSON.stringify(name.slice(0, 100))}`,
      found,
      expected,
      remedy: "The file is damaged or incomplete: fetch it again, or save it again with safetensors.",
    },
    { cause },
  );
}
