import { InvalidArgumentError } from "@onestep/core";

/** Checks that `start` to `end` (exclusive) lies in a file. @throws InvalidArgumentError where it does not. */
export function checkRange(
  file: { readonly path: string; readonly size: number },
  start: number,
  end: number,
): void {
  const isRange = Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start <= end;
  if (isRange && end <= file.size) return;
  throw new InvalidArgumentError({
    subject: `range of ${file.path}`,
    found: `bytes ${start} to ${end}`,
    expected: `whole numbers with 0 <= start <= end <= ${file.size}, the size of the file`,
    remedy: "Ask for a range that lies in the file; a file shorter than expected may have been cut off.",
  });
}
