import { EngineError } from "../engine/engine.ts";
import type { ServedError, ServedEvent, ServedModel } from "./messages.ts";
import { readEvents } from "./read-events.ts";

/** Where the key is kept until the tab closes. */
const keyName = "onestep-api-key";

/** Asks the user for the key of the service; `undefined` if they cancel. */
export type AskForKey = (wasRefused: boolean) => Promise<string | undefined>;

/** The HTTP API of the service that serves the page. Asks for a key when the service does. */
export class ServiceClient {
  readonly #askForKey: AskForKey;
  #asking: Promise<string | undefined> | undefined;

  constructor(askForKey: AskForKey) {
    this.#askForKey = askForKey;
  }

  /** The models of the service, without other names of them. @throws EngineError if they cannot be listed. */
  async listModels(): Promise<readonly ServedModel[]> {
    const response = await this.#send("v1/models", {});
    const { data }: { readonly data: readonly ServedModel[] } = await response.json();
    return data.filter(({ onestep }) => onestep.alias_of === undefined);
  }

  /**
   * Asks for images, and yields previews and images as they come. Aborting the signal cancels the images.
   *
   * @param body - JSON for `generations`, a form for `edits`.
   * @throws EngineError if the service refuses, fails, or ends before it says so.
   */
  async *streamImages(
    path: "generations" | "edits",
    body: Readonly<Record<string, unknown>> | FormData,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Exclude<ServedEvent, { readonly type: "error" }>> {
    const isForm = body instanceof FormData;
    const response = await this.#send(`v1/images/${path}`, {
      method: "POST",
      headers: isForm ? {} : { "Content-Type": "application/json" },
      body: isForm ? body : JSON.stringify(body),
      signal: signal ?? null,
    });
    if (response.body === null) throw failureOf("The server sent an empty answer. Try again.");
    for await (const data of readEvents(response.body)) {
      if (data === "[DONE]") return;
      const event: ServedEvent = JSON.parse(data);
      if ("error" in event) throw errorOf(event.error);
      yield event;
    }
  }

  async #send(
    path: string,
    init: RequestInit & { headers?: Readonly<Record<string, string>> },
  ): Promise<Response> {
    const key = sessionStorage.getItem(keyName);
    const response = await this.#fetch(path, key, init);
    if (response.status === 401) {
      const given = await this.#askOnce(key !== null);
      if (given === undefined) throw errorOf(await readError(response));
      sessionStorage.setItem(keyName, given);
      init.signal?.throwIfAborted();
      return this.#send(path, init);
    }
    if (!response.ok) throw errorOf(await readError(response));
    return response;
  }

  async #fetch(
    path: string,
    key: string | null,
    { headers, ...init }: RequestInit & { headers?: Readonly<Record<string, string>> },
  ): Promise<Response> {
    try {
      return await fetch(new URL(path, document.baseURI), {
        ...init,
        headers: { ...headers, ...(key === null ? {} : { Authorization: `Bearer ${key}` }) },
      });
    } catch (error) {
      init.signal?.throwIfAborted();
      const reason = error instanceof Error ? ` (${error.message})` : "";
      throw failureOf(`The server cannot be reached${reason}. Check that it runs, and try again.`);
    }
  }

  /** Requests that are refused at the same time ask together. */
  async #askOnce(wasRefused: boolean): Promise<string | undefined> {
    this.#asking ??= this.#askForKey(wasRefused);
    try {
      return await this.#asking;
    } finally {
      this.#asking = undefined;
    }
  }
}

async function readError(response: Response): Promise<ServedError> {
  const fallback = {
    message: `The server answered with status ${response.status}. Try again later.`,
    type: "server_error",
    param: null,
    code: null,
  };
  try {
    const { error }: { readonly error?: ServedError } = await response.json();
    return error ?? fallback;
  } catch {
    return fallback;
  }
}

/** An error as the page shows it. */
function errorOf({ message, code, param }: ServedError): EngineError {
  return new EngineError({
    name: "ServiceError",
    code: code ?? undefined,
    param: param ?? undefined,
    message,
    problem: undefined,
  });
}

/** A failure that the service does not describe. */
export function failureOf(message: string): EngineError {
  return errorOf({ message, type: "server_error", param: null, code: null });
}
