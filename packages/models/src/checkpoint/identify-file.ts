import { type ForeignContent, identifyText } from "@onestep/core/internal/files";
import type { RepositoryFile } from "@onestep/hub";

/** A file's kind, by its first bytes. */
export interface FileKind extends ForeignContent {
  /** The format, if supported. */
  readonly format?: "safetensors" | "torch";
}

/** How many bytes of a file to examine. */
export const examinedBytes = 512;

const unpack = "Unpack it, and load the file or the folder that is in it.";
const convert =
  "Convert it in Python: load it with the library that wrote it, and save the model with diffusers' save_pretrained.";

/** Magic bytes of a format, as Latin-1. */
const signatures: readonly (readonly [signature: string, kind: FileKind])[] = [
  ["PK\x03\x04", { format: "torch", found: "a zip file, such as torch.save writes", remedy: unpack }],
  ["PK\x05\x06", { found: "a zip file with nothing in it", remedy: "Fetch the file again." }],
  ["\x1f\x8b", { found: "a file that is compressed with gzip", remedy: unpack }],
  ["BZh", { found: "a file that is compressed with bzip2", remedy: unpack }],
  ["\xfd7zXZ", { found: "a file that is compressed with xz", remedy: unpack }],
  ["\x28\xb5\x2f\xfd", { found: "a file that is compressed with zstd", remedy: unpack }],
  ["7z\xbc\xaf\x27\x1c", { found: "a 7z archive", remedy: unpack }],
  ["Rar!", { found: "a RAR archive", remedy: unpack }],
  ["GGUF", { found: "a GGUF file, of llama.cpp or stable-diffusion.cpp", remedy: convert }],
  ["\x89HDF", { found: "an HDF5 file, such as Keras writes", remedy: convert }],
  ["\x93NUMPY", { found: "an array of numpy (.npy)", remedy: convert }],
  ["\x89PNG", { found: "a PNG image", remedy: "Name a model; images are inputs of editing pipelines." }],
  [
    "\xff\xd8\xff",
    { found: "a JPEG image", remedy: "Name a model; images are inputs of editing pipelines." },
  ],
  ["%PDF", { found: "a PDF document", remedy: "Fetch the file again." }],
];

const pickle: FileKind = {
  found:
    "a pickle of Python objects (.pkl), such as the networks of NVlabs (EDM, StyleGAN) and programs that save whole objects",
  remedy:
    "It can hold code, and is not read. Take a checkpoint in diffusers' layout, or save the arrays alone in Python: torch.save(model.state_dict(), path).",
};

/**
 * Identifies a file by its first bytes, regardless of its name.
 *
 * @param start - The first {@link examinedBytes}, or all.
 * @param size - Length of the whole file.
 */
export function identifyFile(start: Uint8Array, size: number): FileKind | undefined {
  if (size === 0) return { found: "an empty file", remedy: "Fetch the file again." };
  const text = Array.from(start, (byte) => String.fromCharCode(byte)).join("");
  if (isSafetensors(start, size)) {
    return { format: "safetensors", found: "a safetensors file", remedy: "Give it a name in .safetensors." };
  }
  if (text.startsWith("ustar", 257)) return { found: "a tar archive", remedy: unpack };
  if (isPickle(start)) return pickle;
  const [, signed] = signatures.find(([signature]) => text.startsWith(signature)) ?? [];
  if (signed !== undefined) return signed;
  if (isProtobuf(start)) {
    return { found: "a file in protocol buffers, such as ONNX and TensorFlow write", remedy: convert };
  }
  if (isMsgpack(start)) {
    return {
      found: "a msgpack file, such as Flax writes",
      remedy:
        "Convert it in Python: UNet2DModel.from_pretrained(folder, from_flax=True).save_pretrained(folder).",
    };
  }
  if (size > 8 && start.every((byte) => byte === 0)) {
    return {
      found: "a file that begins with zeros alone, as a transfer that broke off leaves it",
      remedy: "Fetch the file again.",
    };
  }
  return identifyText(text) ?? identifyShortText(start, text, size);
}

/** Reads the start of a file and identifies it. @see identifyFile */
export async function readFileKind(
  file: RepositoryFile,
  options: Parameters<RepositoryFile["read"]>[2],
): Promise<FileKind | undefined> {
  return identifyFile(await file.read(0, Math.min(file.size, examinedBytes), options), file.size);
}

/** A length that fits in the file, then a JSON object. */
function isSafetensors(start: Uint8Array, size: number): boolean {
  if (start.length < 10 || start[8] !== 0x7b) return false;
  const length = new DataView(start.buffer, start.byteOffset, 8).getBigUint64(0, true);
  return length >= 2n && length <= BigInt(size - 8);
}

/** Protocols 2 to 5, which begin with a protocol byte. */
function isPickle([first, protocol = 0]: Uint8Array): boolean {
  return first === 0x80 && protocol >= 2 && protocol <= 5;
}

/** A small integer field (the version), then a string, message or number field. */
function isProtobuf([first, version = 0, second = 0]: Uint8Array): boolean {
  return first === 0x08 && version > 0 && version <= 0x20 && [0x12, 0x1a, 0x22, 0x3a, 0x42].includes(second);
}

/** A map whose first key is a string. */
function isMsgpack(start: Uint8Array): boolean {
  const [first = 0] = start;
  const key = first === 0xde ? 3 : first === 0xdf ? 5 : first > 0x80 && first < 0x90 ? 1 : undefined;
  if (key === undefined) return false;
  const type = start[key] ?? 0;
  const character = start[type === 0xd9 ? key + 2 : key + 1] ?? 0;
  return ((type > 0xa0 && type < 0xc0) || type === 0xd9) && /[\w./-]/.test(String.fromCharCode(character));
}

/** A server's answer in place of a file: "Entry not found". */
function identifyShortText(start: Uint8Array, text: string, size: number): FileKind | undefined {
  const isText = start.every((byte) => (byte >= 0x20 && byte < 0x7f) || [0x09, 0x0a, 0x0d].includes(byte));
  if (size > examinedBytes || size < 8 || !isText) return undefined;
  const [line = ""] = text.trim().split(/[\r\n]/);
  const shown = JSON.stringify(line.length > 80 ? `${line.slice(0, 80)}…` : line);
  return {
    found: `a text that begins with ${shown}`,
    remedy: "Fetch the file again, from where it is published.",
  };
}
