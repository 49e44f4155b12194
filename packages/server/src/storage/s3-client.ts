import { errorMessage, isRecord } from "@onestep/core/internal";
import type { AwsClient } from "aws4fetch";
import { StorageError } from "../errors.ts";

/** Where the objects of a storage are, and who reads them. */
export interface S3Location {
  readonly bucket: string;
  /** What all keys start with, without a slash at its end. */
  readonly prefix?: string | undefined;
  /** `https://s3.example.com`; Amazon's own by default. */
  readonly endpoint?: string | undefined;
  /** `us-east-1` by default. */
  readonly region?: string | undefined;
  readonly credentials: S3Credentials;
}

/** An access key. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** One request for an object, or for the bucket without a key. */
export interface S3Request {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** Statuses besides 2xx that the caller handles. */
  readonly accept?: readonly number[];
}

/** How long a request with its retries may wait for its answer. */
const patience = 120_000;

/** Sends signed requests to a bucket. Failures of the server and the network are tried again a few times. */
export class S3Client {
  readonly #aws: AwsClient;
  readonly #base: string;

  private constructor(aws: AwsClient, base: string) {
    this.#aws = aws;
    this.#base = base;
  }

  /** @throws StorageError if `aws4fetch` is not installed. */
  static async open({ bucket, endpoint, region = "us-east-1", credentials }: S3Location): Promise<S3Client> {
    const { AwsClient: Client } = await loadAws4fetch();
    const { accessKeyId, secretAccessKey, sessionToken } = credentials;
    const token = sessionToken === undefined ? {} : { sessionToken };
    const aws = new Client({ accessKeyId, secretAccessKey, ...token, service: "s3", region, retries: 5 });
    const base =
      endpoint === undefined
        ? `https://${bucket}.s3.${region}.amazonaws.com/`
        : `${endpoint.replace(/\/+$/, "")}/${bucket}/`;
    return new S3Client(aws, base);
  }

  /** @throws StorageError if there is no answer, or one with another status. */
  async send({
    method,
    key = "",
    query = {},
    headers = {},
    body,
    accept = [],
  }: S3Request): Promise<Response> {
    const url = new URL(this.#base + key.split("/").map(encodeURIComponent).join("/"));
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const response = await this.#fetch(url, method, headers, body);
    if (response.ok || accept.includes(response.status)) return response;
    throw await describeAnswer(method, url, response);
  }

  async #fetch(
    url: URL,
    method: string,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array | string | undefined,
  ): Promise<Response> {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(new Error("no answer within 120 s")), patience);
    const content = body === undefined ? {} : { body: body as BodyInit };
    try {
      for (let attempts = 1; ; attempts++) {
        try {
          // A redirect would take the signature to another host.
          return await this.#aws.fetch(url, {
            method,
            headers,
            ...content,
            redirect: "manual",
            signal: abort.signal,
          });
        } catch (error) {
          if (attempts === 4 || abort.signal.aborted) throw unreachable(url, error);
          await new Promise((resolve) => setTimeout(resolve, 100 * 3 ** attempts * (0.5 + Math.random())));
        }
      }
    } finally {
      clearTimeout(timer);
    }
  }
}

async function loadAws4fetch(): Promise<typeof import("aws4fetch")> {
  try {
    return await import("aws4fetch");
  } catch (error) {
    throw new StorageError(
      {
        subject: "a storage in a bucket",
        found: "no package aws4fetch",
        expected: "the package aws4fetch",
        remedy: "Run `npm install aws4fetch`.",
        summary: "Storing in a bucket needs the package aws4fetch, which is not installed.",
      },
      { cause: error },
    );
  }
}

function unreachable(url: URL, error: unknown): StorageError {
  const cause = isRecord(error) && "cause" in error ? error["cause"] : error;
  return new StorageError(
    {
      subject: url.origin,
      found: errorMessage(cause),
      expected: "an answer",
      remedy: "Check the endpoint and the network.",
      summary: `Cannot reach the bucket at ${url.origin}: ${errorMessage(cause)}.`,
    },
    { cause: error },
  );
}

const remedies: Readonly<Record<number, string>> = {
  301: "The bucket is in another region: pass region.",
  307: "The bucket is in another region: pass region.",
  400: "Check the region and the endpoint.",
  401: "Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
  403: "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and the policy of the bucket.",
  404: "Check the name of the bucket and the endpoint.",
  501: "Use a store that supports conditional writes (If-None-Match).",
};

async function describeAnswer(method: string, url: URL, response: Response): Promise<StorageError> {
  const text = (await response.text().catch(() => "")).slice(0, 10_000);
  const code = readXml(text, "Code");
  const message = readXml(text, "Message");
  const found = [String(response.status), code, message].filter((part) => part !== undefined).join(" ");
  return new StorageError({
    subject: `${url.origin}${url.pathname}`,
    found,
    expected: "success",
    remedy: remedies[response.status] ?? "Try again later.",
    summary: `${method} ${url.origin}${url.pathname} failed: ${found}.`,
  });
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** The text of the first element of a name; undefined if there is none. */
export function readXml(xml: string, name: string): string | undefined {
  const [, text] = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml) ?? [];
  return text?.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (all, decimal, hex, word) => {
    if (word !== undefined) return entities[word] ?? all;
    const point = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return point <= 0x10ffff ? String.fromCodePoint(point) : all;
  });
}
