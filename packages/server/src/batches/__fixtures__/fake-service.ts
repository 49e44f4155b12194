import { ApiError } from "../../http/api-error.ts";
import type { ImageCall, ImagesResult } from "../../service/image-service.ts";
import type { LineService } from "../run-lines.node.ts";

/** Answers each request with its prompt in place of an image. */
export class FakeService implements LineService {
  /** The ids of the jobs, as often as they were asked for. */
  readonly calls: string[] = [];
  /** Called before each answer. */
  before: (prompt: string, call: ImageCall) => Promise<void> | void = () => {};
  /** What was kept for calls that may come again, and is not any more. */
  readonly discarded: string[] = [];
  running = 0;
  mostRunning = 0;

  async create(_endpoint: string, body: unknown, call: ImageCall): Promise<ImagesResult> {
    const { prompt = "", n = 1 } = body as { readonly prompt?: string; readonly n?: number };
    this.calls.push(call.jobId ?? "");
    this.running += 1;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    try {
      await this.before(prompt, call);
      call.signal?.throwIfAborted();
      if (prompt === "bad")
        throw new ApiError({ status: 400, code: "invalid_value", message: "A bad prompt.", param: "prompt" });
      const data = Array.from({ length: n }, (_, i) => ({ b64_json: btoa(`${prompt} ${i}`), seed: i }));
      const response = { created: 1, output_format: "png", size: "8x8", data } as const;
      return { response, ignored: [], maskRule: undefined, stored: [`images/${call.jobId}`] };
    } finally {
      this.running -= 1;
    }
  }

  async discard(stored: readonly string[]): Promise<void> {
    this.discarded.push(...stored);
  }
}

/** Waits until a signal of a call aborts. */
export async function untilAborted({ signal }: ImageCall): Promise<void> {
  await new Promise((resolve) => signal?.addEventListener("abort", resolve, { once: true }));
}
