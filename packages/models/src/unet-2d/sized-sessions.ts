import type { InferenceSession } from "@onestep/runtime";

/** Height and width of images in pixels. */
export type ImageSize = readonly [height: number, width: number];

/**
 * The sessions of a model, one for each size of image: a graph is made for one size. That of the config is there from the
 * beginning, others are opened when they are asked for, and stay.
 */
export class SizedSessions {
  readonly #first: InferenceSession;
  readonly #firstSize: string;
  readonly #sessions = new Map<string, Promise<InferenceSession>>();

  constructor(size: ImageSize, session: InferenceSession) {
    this.#first = session;
    this.#firstSize = size.join();
    this.#sessions.set(this.#firstSize, Promise.resolve(session));
  }

  /** That of the size that the config names. */
  get first(): InferenceSession {
    return this.#first;
  }

  /** Whether a size is the one that the config names. */
  isFirst(size: ImageSize): boolean {
    return size.join() === this.#firstSize;
  }

  /** The session for a size; `open` opens it. Calls at the same time share one. */
  get(size: ImageSize, open: () => Promise<InferenceSession>): Promise<InferenceSession> {
    const key = size.join();
    const known = this.#sessions.get(key);
    if (known !== undefined) return known;
    const opened = open();
    this.#sessions.set(key, opened);
    opened.catch(() => this.#sessions.delete(key));
    return opened;
  }

  async dispose(): Promise<void> {
    const sessions = await Promise.allSettled(this.#sessions.values());
    for (const session of sessions) if (session.status === "fulfilled") await session.value.dispose();
  }
}
