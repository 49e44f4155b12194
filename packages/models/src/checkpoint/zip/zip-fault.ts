import { CheckpointError } from "../../errors.ts";

/** The error for a zip file that is truncated, inconsistent, or has out-of-range offsets. */
export function zipFault(subject: string, found: string, expected: string): CheckpointError {
  return new CheckpointError({
    subject,
    found,
    expected,
    remedy: "The file is damaged or incomplete: fetch it again, or save it again with torch.save.",
  });
}
