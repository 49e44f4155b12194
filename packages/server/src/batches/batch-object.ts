import type { BatchEndpoint } from "./parse-line.ts";

/** Where a batch is. */
export type BatchStatus =
  | "validating"
  | "in_progress"
  | "finalizing"
  | "completed"
  | "failed"
  | "expired"
  | "cancelling"
  | "cancelled";

/** What is wrong with the file of a batch. */
export interface BatchFault {
  readonly code: string;
  readonly message: string;
  /** Counts from 1; null if it is not a line. */
  readonly line: number | null;
  readonly param: string | null;
}

/** A batch as clients see it. Times are in seconds since 1970. */
export interface Batch {
  readonly id: string;
  readonly object: "batch";
  readonly endpoint: BatchEndpoint;
  readonly input_file_id: string;
  readonly completion_window: "24h";
  readonly status: BatchStatus;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly errors?: { readonly object: "list"; readonly data: readonly BatchFault[] };
  readonly output_file_id?: string;
  readonly error_file_id?: string;
  readonly created_at: number;
  readonly expires_at: number;
  readonly in_progress_at?: number;
  readonly finalizing_at?: number;
  readonly completed_at?: number;
  readonly failed_at?: number;
  readonly expired_at?: number;
  readonly cancelling_at?: number;
  readonly cancelled_at?: number;
  readonly request_counts: {
    readonly total: number;
    readonly completed: number;
    readonly failed: number;
  };
}

/** What a batch is created with. It never changes. */
export interface BatchRecord {
  readonly id: string;
  readonly owner: string;
  readonly endpoint: BatchEndpoint;
  readonly inputFileId: string;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** The ids that the files get: made again after a crash, they are the same. */
  readonly outputFileId: string;
  readonly errorFileId: string;
  readonly outputExpiresAfter?: number | undefined;
}

/** What changes while a batch runs. */
export type BatchState = Partial<
  Omit<Batch, "id" | "object" | "endpoint" | "input_file_id" | "completion_window" | "metadata">
>;

const finalStatuses: readonly BatchStatus[] = ["completed", "failed", "expired", "cancelled"];

/** Whether a batch has ended. */
export function isFinal(status: BatchStatus | undefined): boolean {
  return status !== undefined && finalStatuses.includes(status);
}

/** A batch as clients see it, of its parts in the storage. */
export function toBatch(record: BatchRecord, state: BatchState, cancellingAt: number | undefined): Batch {
  const status = state.status ?? "validating";
  return {
    id: record.id,
    object: "batch",
    endpoint: record.endpoint,
    input_file_id: record.inputFileId,
    completion_window: "24h",
    metadata: record.metadata,
    created_at: record.createdAt,
    expires_at: record.expiresAt,
    request_counts: { total: 0, completed: 0, failed: 0 },
    ...state,
    ...(cancellingAt === undefined || status === "failed" ? {} : { cancelling_at: cancellingAt }),
    status: cancellingAt !== undefined && !isFinal(status) ? "cancelling" : status,
  };
}
