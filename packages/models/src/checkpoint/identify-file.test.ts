import { describe, expect, it } from "vitest";
import { memoryFile } from "../__fixtures__/memory-repository.ts";
import { CheckpointError } from "../errors.ts";
import { readSafetensors } from "./safetensors.ts";
import { readTorchFile } from "./torch-file/read-torch-file.ts";

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

const tar = new Uint8Array(1024);
tar.set(bytesOf("unet/config.json"));
tar.set(bytesOf("ustar"), 257);

const foreign: readonly (readonly [string, Uint8Array, RegExp])[] = [
  [
    "a pointer of Git LFS",
    bytesOf("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 2824516\n"),
    /Git LFS pointer.*`git lfs pull`/,
  ],
  ["a pointer of Xet", bytesOf("# xet version 0\nfilesize = 12\n"), /Xet pointer/],
  ["a web page", bytesOf("<!DOCTYPE html>\n<html><body>Please log in</body></html>"), /web page \(HTML\)/],
  ["a web page after spaces", bytesOf(`\n\n  <HTML>${" ".repeat(600)}`), /web page \(HTML\)/],
  [
    "an error in XML",
    bytesOf('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'),
    /XML document/,
  ],
  ["an error in XML without a declaration", bytesOf("<Error><Code>NoSuchKey</Code></Error>"), /XML document/],
  ["what a server answers", bytesOf("Entry not found"), /a text that begins with "Entry not found"/],
  ["a JSON error", bytesOf('{"error":"Access is restricted"}'), /a text that begins with/],
  ["gzip", bytesOf("\x1f\x8b\x08\0\0\0\0\0\0\x03"), /compressed with gzip.*Unpack/],
  ["zstd", bytesOf("\x28\xb5\x2f\xfd\x04\0\0\0\0"), /compressed with zstd/],
  ["7z", bytesOf("7z\xbc\xaf\x27\x1c\0\x04\0\0"), /7z archive/],
  ["a tar archive", tar, /a tar archive.*Unpack/],
  ["GGUF", bytesOf(`GGUF\x03\0\0\0${"\0".repeat(20)}`), /a GGUF file/],
  ["HDF5", bytesOf(`\x89HDF\r\n\x1a\n${"\0".repeat(20)}`), /an HDF5 file/],
  ["ONNX", bytesOf("\x08\x07\x12\x07pytorch\x1a\x052.1.0:\xff\xff"), /such as ONNX/],
  ["a state of Flax", bytesOf("\x81\xa6params\x84\xa7conv_in\x82"), /a msgpack file, such as Flax/],
  ["a larger state of Flax", bytesOf("\xde\x00\x20\xa7conv_in\x82\xa4bias"), /a msgpack file/],
  ["numpy", bytesOf("\x93NUMPY\x01\0v\0{'descr'"), /an array of numpy/],
  [
    "a network of NVlabs",
    bytesOf("\x80\x04\x95\x01\x02\x03\0\0\0\0\0"),
    /a pickle of Python objects.*NVlabs/,
  ],
  ["an image", bytesOf("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), /a PNG image/],
  ["zeros", new Uint8Array(4096), /begins with zeros/],
  ["nothing", new Uint8Array(0), /an empty file/],
];

describe("a file that is not of weights", () => {
  it.each(foreign)("is told: %s, as safetensors", async (_what, bytes, message) => {
    const error = await readSafetensors(memoryFile("model.safetensors", bytes)).catch((reason) => reason);
    expect(CheckpointError.isInstance(error)).toBe(true);
    expect(error.message).toMatch(message);
    expect(error.message).not.toMatch(/damaged|incomplete|harm/);
    expect(error.message.split("\n")).toHaveLength(1);
  });

  it.each(foreign)("is told: %s, as a file of torch", async (_what, bytes, message) => {
    const error = await readTorchFile(memoryFile("model.bin", bytes)).catch((reason) => reason);
    expect(CheckpointError.isInstance(error)).toBe(true);
    expect(error.message).toMatch(message);
    expect(error.message).not.toMatch(/damaged|incomplete|harm/);
  });
});
