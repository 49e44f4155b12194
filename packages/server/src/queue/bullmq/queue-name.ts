import { jobFormat } from "../../job.ts";

const prefix = `onestep-${jobFormat}`;

/** The BullMQ queue in which nothing waits: it keeps the list of models, and tells workers what concerns all of them. */
export const controlQueueName: string = prefix;

/**
 * The BullMQ queue of a model. Its name contains the format of jobs, so that workers of another version never see them.
 * Different models have different names: what is not a letter, a digit, `.` or `-` is written as `_` and two hexadecimal
 * digits for each byte.
 */
export function queueNameFor(model: string): string {
  const bytes = new TextEncoder().encode(model);
  const escaped = Array.from(bytes, (byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9.-]/.test(character) ? character : `_${byte.toString(16).padStart(2, "0")}`;
  });
  return `${prefix}-${escaped.join("")}`;
}
