import { UnsupportedError } from "@onestep/core";
import type { ReadOptions, RepositoryFile } from "@onestep/hub";
import { CheckpointError, MisnamedFileError } from "../../errors.ts";
import { examinedBytes, identifyFile } from "../identify-file.ts";
import { resaveRemedy } from "./resave-remedy.ts";

const zipStart = [0x50, 0x4b, 0x03, 0x04];
/** The pickled magic number of torch files before 1.6: protocol 2, a long of 10 bytes. */
const legacyStart = [
  0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e,
];
const tarMark = "ustar";
const tarMarkPosition = 257;
/** The names of the files in it. */
const tarMembers = /^(\.\/)?(sys_info|pickle|storages|tensors)\0/;

/**
 * Checks the first bytes of a torch file.
 *
 * @throws UnsupportedError if it is in one of torch's two formats before zip.
 * @throws CheckpointError if it is not a torch file.
 */
export async function checkTorchFileKind(file: RepositoryFile, options: ReadOptions): Promise<void> {
  const start = await file.read(0, Math.min(file.size, examinedBytes), options);
  const begins = (bytes: readonly number[]): boolean => bytes.every((byte, index) => start[index] === byte);
  if (begins(zipStart)) return;
  const text = String.fromCharCode(...start);
  const isTar = text.startsWith(tarMark, tarMarkPosition) && tarMembers.test(text);
  if (begins(legacyStart) || isTar) {
    throw new UnsupportedError({
      subject: file.path,
      found: isTar
        ? "a tar file of torch 0.1"
        : "the format that torch wrote before 1.6, which is no zip file",
      expected: "a zip file, as torch.save writes it now, or safetensors",
      remedy: resaveRemedy(file),
    });
  }
  const kind = identifyFile(start, file.size);
  if (kind !== undefined) throw new MisnamedFileError(file.path, "a zip file, as torch.save writes it", kind);
  throw new CheckpointError({
    subject: file.path,
    found: `a file that begins with ${describeStart(start)}`,
    expected: "a zip file, as torch.save writes it",
    remedy: "The file is damaged, or of another kind than its name says: fetch it again.",
  });
}

function describeStart(start: Uint8Array): string {
  return [...start.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
