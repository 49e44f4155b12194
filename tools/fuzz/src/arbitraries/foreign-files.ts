import { stateDictPart, torchFileBytes } from "@onestep/torch-files";
import fc, { type Arbitrary } from "fast-check";
import type { FuzzInput } from "../fuzz-target.ts";
import { byteMutations } from "./byte-mutation.ts";

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** A safetensors file with one array. */
export function safetensorsOf(name: string, dtype = "F32", width = 4): Uint8Array {
  const header = JSON.stringify({ [name]: { dtype, shape: [1], data_offsets: [0, width] } });
  const bytes = new Uint8Array(8 + header.length + width);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(new TextEncoder().encode(header), 8);
  return bytes;
}

/** A file of torch with one array. */
export function torchFileOf(name: string): Uint8Array {
  const dict = stateDictPart({ [name]: { shape: [1], key: "0" } });
  return torchFileBytes(dict, { storages: { 0: new Uint8Array(4) } });
}

function tarOf(name: string): Uint8Array {
  const tar = new Uint8Array(1536);
  tar.set(bytesOf(name));
  tar.set(bytesOf("ustar"), 257);
  return tar;
}

/** What is found in the place of weights. */
const foreign: readonly Uint8Array[] = [
  bytesOf("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 2824516\n"),
  bytesOf("# xet version 0\nfilesize = 12\nhash = 'abc'\n"),
  bytesOf("<!DOCTYPE html>\n<html><body>Please log in</body></html>"),
  bytesOf('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'),
  bytesOf("Entry not found"),
  bytesOf('{"error":"Access is restricted"}'),
  bytesOf(`\x1f\x8b\x08\0${"\x55".repeat(40)}`),
  bytesOf(`\x28\xb5\x2f\xfd${"\x04".repeat(40)}`),
  bytesOf(`7z\xbc\xaf\x27\x1c\0\x04${"\x01".repeat(40)}`),
  bytesOf(`GGUF\x03\0\0\0${"\0".repeat(24)}`),
  bytesOf(`\x89HDF\r\n\x1a\n${"\0".repeat(40)}`),
  bytesOf("\x08\x07\x12\x07pytorch\x1a\x052.1.0:\xff\xff"),
  bytesOf("\x81\xa6params\x84\xa7conv_in\x82\xa4bias\xc7\x08\x01"),
  bytesOf("\x93NUMPY\x01\0v\0{'descr': '<f4'}"),
  bytesOf("\x80\x04\x95\x20\0\0\0\0\0\0\0\x8c\x17torch_utils.persistence\x94."),
  bytesOf("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19\x2e\x80\x02M\xe9\x03."),
  tarOf("unet/config.json"),
  tarOf("pickle"),
  torchFileBytes("N", { changes: { "data.pkl": { name: "weights.npy" } } }),
  new Uint8Array(600),
  new Uint8Array(0),
];

const good: readonly Uint8Array[] = [
  ...["weight", "module.weight", "num_updates"].map((name) => safetensorsOf(name)),
  ...["weight", "_orig_mod.weight"].map(torchFileOf),
  safetensorsOf("weight", "F8_E4M3", 1),
  safetensorsOf("weight", "U16", 2),
];

/** Files that are something else than their names say, two thirds of them with one or two things wrong in their bytes. */
export const foreignFiles: Arbitrary<FuzzInput> = fc
  .record({
    file: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...foreign) },
      { weight: 1, arbitrary: fc.constantFrom(...good) },
    ),
    mutations: fc.array(byteMutations, { maxLength: 2 }),
  })
  .map(({ file, mutations }) => ({
    bytes: mutations.reduce((bytes, mutate) => mutate(bytes), file),
    contents: undefined,
  }));
