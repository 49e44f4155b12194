import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { textFile } from "./golden-call.ts";

/** What a file becomes: other bytes or text, or nothing. */
export type FileChange = string | Uint8Array | undefined;

const folders: string[] = [];

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "onestep-changed-"));
  folders.push(folder);
  return folder;
}

/** Removes what {@link changedRepository} and {@link loraFile} wrote. */
export async function removeChanged(): Promise<void> {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
}

/** A copy of a small repository, with some of its files changed, added or removed. */
export async function changedRepository(
  name: string,
  changes: Readonly<Record<string, FileChange | ((text: string) => FileChange)>> = {},
): Promise<string> {
  const folder = await temporaryFolder();
  await cp(fileURLToPath(textFile(`${name}/`)), folder, { recursive: true });
  for (const [path, change] of Object.entries(changes)) {
    const file = join(folder, path);
    const content = typeof change === "function" ? change(await readFile(file, "utf8")) : change;
    if (content === undefined) {
      await rm(file);
    } else {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
    }
  }
  return folder;
}

/** A LoRA file with this content. */
export async function loraFile(content: SafetensorsContent): Promise<string> {
  const file = join(await temporaryFolder(), "pytorch_lora_weights.safetensors");
  await writeFile(file, writeSafetensorsContent(content));
  return file;
}

/** Changes fields of a JSON file; `undefined` removes one. */
export function withFields(fields: Readonly<Record<string, unknown>>): (text: string) => string {
  return (text) => JSON.stringify({ ...JSON.parse(text), ...fields });
}

/** The arrays of a safetensors file, by name, and its metadata. */
export interface SafetensorsContent {
  readonly tensors: Map<string, { dtype: string; shape: readonly number[]; bytes: Uint8Array }>;
  readonly metadata: Record<string, string> | undefined;
}

/** Reads a small safetensors file as a whole. */
export async function readSafetensorsContent(path: string): Promise<SafetensorsContent> {
  const bytes = await readFile(fileURLToPath(textFile(path)));
  const length = Number(bytes.readBigUInt64LE(0));
  const { __metadata__: metadata, ...entries } = JSON.parse(bytes.subarray(8, 8 + length).toString());
  const tensors: SafetensorsContent["tensors"] = new Map();
  for (const [name, entry] of Object.entries(entries)) {
    const {
      dtype,
      shape,
      data_offsets: offsets,
    } = entry as {
      dtype: string;
      shape: number[];
      data_offsets: [number, number];
    };
    tensors.set(name, {
      dtype,
      shape,
      bytes: bytes.subarray(8 + length + offsets[0], 8 + length + offsets[1]),
    });
  }
  return { tensors, metadata };
}

/** Writes one. */
export function writeSafetensorsContent({ tensors, metadata }: SafetensorsContent): Uint8Array {
  const header: Record<string, unknown> = metadata === undefined ? {} : { __metadata__: metadata };
  let end = 0;
  for (const [name, { dtype, shape, bytes }] of tensors) {
    header[name] = { dtype, shape, data_offsets: [end, end + bytes.length] };
    end += bytes.length;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, ...[...tensors.values()].map(({ bytes }) => bytes)]);
}
