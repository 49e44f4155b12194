import { InvalidArgumentError } from "@onestep/core";
import type { Job } from "bullmq";
import type { ImageJob, JobFailure, JobOutcome, JobPriority } from "../../job.ts";

/** What BullMQ keeps of a job: the job, and whether it is to be cancelled when its turn comes. */
export interface StoredJob extends ImageJob {
  readonly cancelled?: true;
}

/** What BullMQ keeps of a job that has ended: its outcome, and the token of the claim that settled it. */
export interface StoredOutcome {
  readonly outcome: JobOutcome;
  readonly token: string;
}

export type StoredBullJob = Job<StoredJob, StoredOutcome>;

/** Both are above BullMQ's 0, since only such jobs keep their place when they are given back. */
export const priorities: Readonly<Record<JobPriority, number>> = { interactive: 1, batch: 2 };

/** PostgreSQL has no NUL in JSON, and no half of a surrogate pair; BullMQ takes no id that is a whole number. */
export function checkJob(job: ImageJob): void {
  if (!/^[A-Za-z0-9_-]+$/.test(job.id) || /^(0|-?[1-9][0-9]*)$/.test(job.id)) {
    throw new InvalidArgumentError({
      subject: "id",
      found: JSON.stringify(job.id),
      expected: "letters, digits, - and _, and not a whole number",
      remedy: "Put a letter before it.",
    });
  }
  if (/(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][0-9a-f]{2})/.test(JSON.stringify(job))) {
    throw new InvalidArgumentError({
      subject: `job ${job.id}`,
      found: "a text with U+0000, or half of a surrogate pair",
      expected: "text that can be stored",
      remedy: "Remove the character from the prompt.",
    });
  }
}

/** The outcome of a job that has ended. */
export function outcomeOf(job: StoredBullJob): JobOutcome | undefined {
  if (job.finishedOn === undefined) return undefined;
  return job.returnvalue?.outcome ?? { status: "failed", failure: readFailure(job.failedReason) };
}

/** What {@link ModelQueue.fail} stored. */
export function readFailure(reason: string | undefined): JobFailure {
  try {
    const failure: unknown = JSON.parse(reason ?? "");
    if (typeof failure === "object" && failure !== null && "status" in failure) return failure as JobFailure;
  } catch {
    // Something else failed the job: a person at a dashboard.
  }
  return { status: 500, code: "job_failed", message: reason || "The job failed." };
}

/** Nothing delays jobs here, but a person at a dashboard may. */
export function isWaiting(state: string): boolean {
  return state === "waiting" || state === "prioritized" || state === "delayed";
}
