import type { ImageJob, JobFailure, JobOutcome, JobPreview } from "../job.ts";

/** A job that this worker holds, until its lease ends. */
export interface Claim {
  readonly job: ImageJob;
  /** Differs between the workers that held the job one after the other. */
  readonly token: string;
  /** How often the job was tried and failed before. Lost workers do not count. */
  readonly failures: number;
  /** Aborted when the job is cancelled, or its lease lost. */
  readonly signal: AbortSignal;
}

/** Which jobs a worker takes. */
export interface ClaimRequest {
  /** The models it has, by the names under which they are served. */
  readonly models: readonly string[];
  /** At most so many, at least 1. */
  readonly count: number;
  /** Aborting ends the wait. */
  readonly signal: AbortSignal;
}

/** What waits and runs. */
export interface QueueLoad {
  readonly waiting: number;
  readonly running: number;
  /** The estimated seconds of what waits and runs, for one worker. */
  readonly seconds: number;
}

/** A job that failed for good. */
export interface FailedJob {
  readonly id: string;
  readonly model: string;
  readonly failure: JobFailure;
  /** When, in seconds since 1970. */
  readonly failedAt: number;
}

/** Options of {@link JobQueue.wait}. */
export interface WaitOptions {
  /** Aborting rejects with its reason. The job goes on. */
  readonly signal?: AbortSignal | undefined;
  readonly onPreview?: ((preview: JobPreview) => void) | undefined;
}

/**
 * A queue of jobs between those who ask for images and those who make them. A job has one outcome, and keeps it.
 *
 * What rejects because a queue server is away is a {@link QueueUnavailableError}.
 */
export interface JobQueue {
  /** Adds jobs. A known id is not added again, whatever became of it. */
  enqueue(jobs: readonly ImageJob[]): Promise<void>;

  /**
   * Waits for jobs and takes them, interactive ones first. The first is the one whose turn it is; others of the same
   * group may follow. Resolves with none when the signal aborts.
   */
  claim(request: ClaimRequest): Promise<readonly Claim[]>;

  /** Prolongs leases. Claims that were lost, or whose jobs were cancelled, have their signals aborted. */
  renew(claims: readonly Claim[]): Promise<void>;

  /** Announces a preview to those who wait for the job. */
  announce(claim: Claim, preview: JobPreview): Promise<void>;

  /**
   * Settles a job.
   *
   * @returns Whether it was settled: not if the lease was lost or the job cancelled.
   */
  complete(claim: Claim, outcome: Extract<JobOutcome, { readonly status: "completed" }>): Promise<boolean>;

  /**
   * Records that a try failed.
   *
   * @param again - Whether the job may be tried again. After three failures it is not.
   * @returns Whether it was recorded: not if the lease was lost.
   */
  fail(claim: Claim, failure: JobFailure, again: boolean): Promise<boolean>;

  /** Gives jobs back, as if they had not been taken. */
  release(claims: readonly Claim[]): Promise<void>;

  /** Cancels jobs, whether they wait or run. Those that have an outcome keep it. */
  cancel(ids: readonly string[]): Promise<void>;

  /**
   * Waits for a job's outcome.
   *
   * @throws UnknownJobError if there is no such job, or no longer.
   */
  wait(id: string, options?: WaitOptions): Promise<JobOutcome>;

  /** What waits and runs, of one model or all; at most a second old. */
  load(model?: string): Promise<QueueLoad>;

  /** The last jobs that failed for good, newest first, at most 100. */
  failures(): Promise<readonly FailedJob[]>;

  /** Closes connections. Claims that are held stay held until their leases end. */
  close(): Promise<void>;
}
