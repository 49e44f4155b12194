import { untilAborted } from "@onestep/core/internal";
import { toBase64 } from "@onestep/core/internal/base64";
import { ApiError } from "../http/api-error.ts";
import { randomId } from "../ids.ts";
import type { ImageJob, ImageTask, JobOutcome, JobPreview, JobPriority } from "../job.ts";
import type { ServiceLimits } from "../limits.ts";
import type { JobQueue } from "../queue/queue.ts";
import type { ImageStorage } from "../storage/storage.ts";
import { Admission } from "./admission.ts";
import { type ImageBody, readImageBody } from "./image-body.ts";
import type { ModelDirectory } from "./model-directory.ts";
import { planJobs } from "./plan-jobs.ts";
import { type MaskRule, readInputs, type UploadedImages } from "./read-inputs.ts";

/** The endpoints that make images. */
export type ImageEndpoint = "/v1/images/generations" | "/v1/images/edits" | "/v1/images/variations";

/** Who asks for images, and how. */
export interface ImageCall {
  /** The id of the API key. */
  readonly owner: string;
  readonly priority: JobPriority;
  /** Aborting cancels the jobs, unless they have an id of their own. */
  readonly signal?: AbortSignal | undefined;
  readonly requestId: string;
  /** The beginning of the jobs' ids: the same call made again finds its jobs. They go on when the signal aborts. */
  readonly jobId?: string | undefined;
  /** Whether outcomes survive a restart. */
  readonly durable?: boolean | undefined;
  /** The images of a multipart request. */
  readonly uploaded?: UploadedImages | undefined;
  /** Makes a URL of an image in the storage, for `response_format: "url"`. */
  readonly toUrl?: ((key: string) => Promise<string>) | undefined;
}

/** One image of an answer. */
export interface ImageDatum {
  readonly b64_json?: string;
  readonly url?: string;
  /** Makes this image again, alone. */
  readonly seed: number;
}

/** The answer to a request for images. */
export interface ImagesResponse {
  /** In seconds since 1970. */
  readonly created: number;
  readonly output_format: ImageBody["output_format"];
  readonly size: string;
  readonly data: readonly ImageDatum[];
}

/** An answer, and what else is known about it. */
export interface ImagesResult {
  readonly response: ImagesResponse;
  /** Fields of the request that had no effect. */
  readonly ignored: readonly string[];
  readonly maskRule: MaskRule | undefined;
  /** What a call with a `jobId` left in the storage, until it is discarded or expires. */
  readonly stored: readonly string[];
}

/** An event of a stream of images. */
export type ImageEvent =
  | {
      readonly kind: "partial";
      readonly imageIndex: number;
      readonly previewIndex: number;
      readonly base64: string;
      readonly size: string;
    }
  | {
      readonly kind: "completed";
      readonly imageIndex: number;
      readonly datum: ImageDatum;
      readonly size: string;
    };

/** Options of {@link ImageService}. */
export interface ImageServiceOptions {
  readonly queue: JobQueue;
  readonly storage: ImageStorage;
  readonly directory: ModelDirectory;
  readonly limits: ServiceLimits;
  /** Whether unknown fields are refused. */
  readonly strict: boolean;
  /** Called for each image with the seconds that it waited before its run. */
  readonly onWait?: ((model: string, seconds: number) => void) | undefined;
  /** Reads an uploaded file of an owner. */
  readonly readFile?: ((owner: string, id: string) => Promise<Uint8Array | undefined>) | undefined;
}

const tasks: Readonly<Record<ImageEndpoint, ImageTask>> = {
  "/v1/images/generations": "generation",
  "/v1/images/edits": "edit",
  "/v1/images/variations": "variation",
};

/** A request whose jobs are in the queue. */
interface Submission {
  readonly jobs: readonly ImageJob[];
  readonly body: ImageBody;
  readonly ignored: readonly string[];
  readonly maskRule: MaskRule | undefined;
  readonly call: ImageCall;
}

/** Makes images of requests: what HTTP routes and the lines of batches call. */
export class ImageService {
  readonly #options: ImageServiceOptions;
  readonly #admission: Admission;

  constructor(options: ImageServiceOptions) {
    this.#options = options;
    this.#admission = new Admission(options);
  }

  /**
   * Makes the images of a request.
   *
   * @param body - As the client sent it, parsed from JSON.
   * @throws ApiError with the status for the client.
   */
  async create(endpoint: ImageEndpoint, body: unknown, call: ImageCall): Promise<ImagesResult> {
    const submission = await this.#submit(endpoint, body, call);
    const { jobs, ignored, maskRule } = submission;
    const outcomes = (await this.#settle(submission, () => undefined)) as readonly Completed[];
    const data = await Promise.all(
      jobs.map((job, index) => this.#toDatum(submission, job, outcomes[index] as Completed)),
    );
    const size = sizeOf(outcomes[0] as Completed);
    const created = Math.floor(Date.now() / 1000);
    return {
      response: { created, output_format: submission.body.output_format, size, data },
      ignored,
      maskRule,
      stored: call.jobId === undefined ? [] : [...outcomes.map(({ image }) => image.key), ...inputsOf(jobs)],
    };
  }

  /** Deletes what a call left in the storage. The same call made again does not find its images. */
  async discard(stored: readonly string[]): Promise<void> {
    await this.#options.storage.delete(stored);
  }

  /**
   * Makes the images of a request, and tells of each as soon as it is there, and of previews.
   *
   * @returns The fields that had no effect, and the events. The jobs are in the queue once this resolves.
   */
  async stream(
    endpoint: ImageEndpoint,
    body: unknown,
    call: ImageCall,
  ): Promise<{
    readonly ignored: readonly string[];
    readonly body: ImageBody;
    readonly events: ReadableStream<ImageEvent>;
  }> {
    const submission = await this.#submit(endpoint, body, call);
    const { jobs } = submission;
    const events = new ReadableStream<ImageEvent>({
      start: async (controller) => {
        // Previews are read in the order in which they come, and none is sent after its image.
        let last: Promise<unknown> = Promise.resolve();
        const send = (make: () => Promise<ImageEvent | undefined>): void => {
          last = last.then(make).then((event) => event && controller.enqueue(event));
          last.catch(() => undefined);
        };
        try {
          await this.#settle(
            submission,
            (index, outcome) =>
              send(async () => {
                if (outcome.status !== "completed") return undefined;
                const datum = await this.#toDatum(submission, jobs[index] as ImageJob, outcome);
                return { kind: "completed", imageIndex: index, datum, size: sizeOf(outcome) };
              }),
            (index, preview) => send(() => this.#toPartial(index, preview)),
          );
          await last;
          controller.close();
        } catch (error) {
          controller.error(error);
        }
      },
    });
    return { ignored: submission.ignored, body: submission.body, events };
  }

  async #submit(endpoint: ImageEndpoint, given: unknown, call: ImageCall): Promise<Submission> {
    const { storage, directory, limits, strict, queue, readFile } = this.#options;
    const { owner, priority, uploaded } = call;
    const kind = endpoint === "/v1/images/generations" ? "generation" : "edit";
    const { body, ignored } = readImageBody(given, { endpoint: kind, strict });
    const card = await directory.find(body.model);
    if (call.jobId === undefined) await this.#admission.admit(card, call);
    const jobId = call.jobId ?? randomId("img");
    const inputs =
      kind === "generation"
        ? undefined
        : await readInputs(body, uploaded, {
            storage,
            limits,
            jobId,
            durable: call.durable ?? false,
            readFile: readFile && ((id) => readFile(owner, id)),
          });
    const jobs = planJobs({
      ...{ body, card, limits, jobId, owner, priority, durable: call.durable ?? false },
      task: inputs?.mask !== undefined ? "inpainting" : tasks[endpoint],
      images: inputs?.images,
      mask: inputs?.mask,
    });
    if (body.response_format === "url" && call.toUrl === undefined) {
      throw new ApiError({
        status: 400,
        code: "invalid_value",
        param: "response_format",
        message: 'This service answers with "b64_json" only.',
      });
    }
    await queue.enqueue(jobs);
    return { jobs, body, ignored, maskRule: inputs?.maskRule, call };
  }

  /** Waits for the outcomes of all jobs. Where one fails, or nobody waits any longer, the others are cancelled. */
  async #settle(
    { jobs, call }: Submission,
    onOutcome: (index: number, outcome: JobOutcome) => void,
    onPreview?: (index: number, preview: JobPreview) => void,
  ): Promise<readonly JobOutcome[]> {
    const { queue, onWait } = this.#options;
    const { signal } = call;
    const startedAt = performance.now();
    try {
      // One listener for all of them: a signal may be that of many requests.
      const outcomes = Promise.all(
        jobs.map(async ({ id, model }, index) => {
          const outcome = await queue.wait(id, {
            onPreview: onPreview && ((preview) => !signal?.aborted && onPreview(index, preview)),
          });
          if (outcome.status !== "completed") throw toApiError(outcome);
          onWait?.(model, Math.max(0, (performance.now() - startedAt) / 1000 - outcome.seconds));
          if (!signal?.aborted) onOutcome(index, outcome);
          return outcome;
        }),
      );
      return await untilAborted(outcomes, signal);
    } catch (error) {
      if (call.jobId === undefined || !signal?.aborted) {
        await queue.cancel(jobs.map(({ id }) => id)).catch(() => undefined);
      }
      throw error;
    } finally {
      await this.#deleteInputs(jobs, call);
    }
  }

  async #toDatum(
    { body, call }: Submission,
    { settings }: ImageJob,
    { image }: Completed,
  ): Promise<ImageDatum> {
    const { storage } = this.#options;
    const { seed } = settings;
    if (body.response_format === "url" && call.toUrl !== undefined)
      return { url: await call.toUrl(image.key), seed };
    const bytes = await storage.get(image.key);
    if (bytes === undefined) throw gone();
    if (call.jobId === undefined) await storage.delete([image.key]);
    return { b64_json: toBase64(bytes), seed };
  }

  async #toPartial(imageIndex: number, { index, image }: JobPreview): Promise<ImageEvent | undefined> {
    const { storage } = this.#options;
    const bytes = await storage.get(image.key);
    if (bytes === undefined) return undefined;
    await storage.delete([image.key]);
    const base64 = toBase64(bytes);
    return {
      kind: "partial",
      imageIndex,
      previewIndex: index,
      base64,
      size: `${image.width}x${image.height}`,
    };
  }

  /** Jobs that can be asked for again keep their inputs until these expire. */
  async #deleteInputs(jobs: readonly ImageJob[], call: ImageCall): Promise<void> {
    if (call.jobId !== undefined) return;
    const keys = inputsOf(jobs);
    if (keys.length > 0) await this.#options.storage.delete(keys).catch(() => undefined);
  }
}

type Completed = Extract<JobOutcome, { readonly status: "completed" }>;

/** The images that a client sent, in the storage. */
function inputsOf(jobs: readonly ImageJob[]): readonly string[] {
  const keys = jobs.flatMap(({ settings }) => [settings.image, settings.mask]);
  return [...new Set(keys.filter((key) => key !== undefined))];
}

function sizeOf({ image }: Completed): string {
  return `${image.width}x${image.height}`;
}

function toApiError(outcome: Exclude<JobOutcome, Completed>): ApiError {
  if (outcome.status === "failed") return new ApiError({ ...outcome.failure, shouldRetry: false });
  return new ApiError({
    status: 503,
    code: "job_cancelled",
    message: "The job was cancelled.",
    shouldRetry: false,
  });
}

function gone(): ApiError {
  const message = "The image has expired, or the workers do not write to the storage of this service.";
  return new ApiError({ status: 410, code: "result_expired", message, shouldRetry: false });
}
