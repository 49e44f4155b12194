import type { RepositoryFile } from "@onestep/hub";
import { expect } from "vitest";
import { memoryFile } from "./memory-repository.ts";

/** A file whose bytes are given, and in which a read outside of them fails the test. */
export function guardedFile(path: string, bytes: Uint8Array): RepositoryFile {
  const file = memoryFile(path, bytes);
  return {
    ...file,
    read: (start, end) => {
      expect(Number.isSafeInteger(start) && Number.isSafeInteger(end), `${start} to ${end}`).toBe(true);
      expect(start).toBeGreaterThanOrEqual(0);
      expect(end).toBeGreaterThanOrEqual(start);
      expect(end).toBeLessThanOrEqual(bytes.length);
      return file.read(start, end);
    },
  };
}
