import { isRecord } from "@onestep/core/internal";
import type { ImageEndpoint } from "../service/image-service.ts";
import type { TextLine } from "./read-lines.ts";

/** The endpoints that lines of a batch can name. */
export type BatchEndpoint = Extract<ImageEndpoint, "/v1/images/generations" | "/v1/images/edits">;

export const batchEndpoints: readonly [BatchEndpoint, BatchEndpoint] = [
  "/v1/images/generations",
  "/v1/images/edits",
];

/** A line of a batch that can be run. */
export interface RequestLine {
  readonly number: number;
  readonly customId: string;
  readonly url: BatchEndpoint;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A line that cannot be run, and why. */
export interface FaultyLine {
  readonly number: number;
  readonly customId: string | null;
  readonly fault: { readonly code: string; readonly message: string; readonly param: string | null };
}

/** Parses the lines of a batch, one after the other. It remembers their ids. */
export class LineParser {
  readonly #endpoint: BatchEndpoint | undefined;
  readonly #ids = new Set<string>();

  /** @param endpoint - The one that all lines have to name; any if left out. */
  constructor(endpoint: BatchEndpoint | undefined) {
    this.#endpoint = endpoint;
  }

  parse(line: TextLine): RequestLine | FaultyLine {
    const { number } = line;
    const wrong = (param: string | null, message: string, customId: string | null = null): FaultyLine => ({
      number,
      customId,
      fault: { code: param === null ? "invalid_json_line" : "invalid_value", message, param },
    });
    if ("fault" in line) return wrong(null, `The line is ${line.fault}.`);
    const value = parseJson(line.text);
    if (!isRecord(value)) return wrong(null, "The line is not a JSON object.");
    const { custom_id: customId, method, url, body } = value as Readonly<Record<string, unknown>>;
    if (typeof customId !== "string" || customId === "" || customId.length > 512) {
      return wrong("custom_id", "`custom_id`: expected 1 to 512 characters.");
    }
    if (this.#ids.has(customId)) {
      const name = JSON.stringify(customId.slice(0, 100));
      return { ...wrong("custom_id", `\`custom_id\`: ${name} is there twice.`), customId: null };
    }
    this.#ids.add(customId);
    if (method !== "POST") return wrong("method", '`method`: expected "POST".', customId);
    const known = batchEndpoints.find((endpoint) => endpoint === url);
    if (known === undefined || (this.#endpoint !== undefined && known !== this.#endpoint)) {
      const expected = this.#endpoint ?? batchEndpoints.join(" or ");
      return wrong("url", `\`url\`: expected ${expected}.`, customId);
    }
    if (!isRecord(body)) return wrong("body", "`body`: expected a JSON object.", customId);
    const fields = body as Readonly<Record<string, unknown>>;
    if (fields["stream"] === true)
      return wrong("body.stream", "`stream`: lines of a batch are not streamed.", customId);
    return { number, customId, url: known, body: fields };
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
