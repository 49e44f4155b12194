import { ApiError } from "../http/api-error.ts";
import type { ServiceLimits } from "../limits.ts";
import type { JobQueue } from "../queue/queue.ts";
import type { ImageCall } from "./image-service.ts";
import type { ModelCard } from "./model-card.ts";
import type { ModelDirectory } from "./model-directory.ts";

/** What {@link Admission} judges by. */
export interface AdmissionOptions {
  readonly queue: JobQueue;
  readonly directory: ModelDirectory;
  readonly limits: ServiceLimits;
}

/** The longest wait that clients are asked for: some give up beyond a minute. */
const longestRetry = 59;

/** Refuses requests that would wait too long, before their images are read. */
export class Admission {
  readonly #options: AdmissionOptions;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** @throws ApiError 503 with `Retry-After` if the work that waits takes longer than the limit. */
  async admit(card: ModelCard, { priority }: Pick<ImageCall, "priority">): Promise<void> {
    const { queue, directory, limits } = this.#options;
    if (priority === "batch") return;
    const [{ seconds }, workers] = await Promise.all([queue.load(), directory.workerCount(card.name)]);
    const wait = seconds / Math.max(1, workers);
    if (wait <= limits.queueSeconds) return;
    // A second or more apart, so that those who were refused together do not come back together.
    const retryAfter = Math.min(longestRetry, Math.ceil(wait - limits.queueSeconds + Math.random() * 3));
    const message = `The service is busy: ${Math.ceil(wait)} seconds of work are waiting. Try again in ${retryAfter} seconds.`;
    throw new ApiError({ status: 503, code: "server_is_overloaded", message, retryAfter });
  }
}
