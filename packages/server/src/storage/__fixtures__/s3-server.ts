import { createHash, createHmac, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

interface StoredObject {
  readonly data: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly modifiedAt: Date;
}

interface Upload {
  readonly headers: Readonly<Record<string, string>>;
  readonly parts: Map<number, Buffer>;
}

/** One that was signed and allowed. */
interface S3Call {
  readonly method: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
  readonly body: Buffer;
}

interface Answer {
  readonly status: number;
  readonly text?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A bucket named `bucket` in memory, with the parts of the S3 API that a storage uses. */
export class S3Server {
  readonly objects: Map<string, StoredObject> = new Map();
  readonly uploads: Map<string, Upload> = new Map();
  readonly calls: string[] = [];
  readonly environment: Readonly<Record<string, string>> = {
    AWS_ACCESS_KEY_ID: "AKIATEST",
    AWS_SECRET_ACCESS_KEY: "secret/+key",
    AWS_SESSION_TOKEN: "session",
  };
  /** What the next requests get: an error, nothing though what they ask for is done, or their answer. */
  readonly faults: (number | "hang up" | "answer")[] = [];
  /** What its clock adds to this machine's, in milliseconds. */
  skew = 0;
  /** How many keys one page of a list has. */
  pageSize = 1000;
  readonly #server: Server = createServer((request, response) => void this.#answer(request, response));

  static async start(): Promise<S3Server> {
    const server = new S3Server();
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get location(): string {
    return `s3://bucket/some/prefix?endpoint=${encodeURIComponent(this.endpoint)}&region=eu-central-1`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? "/", this.endpoint);
    const method = request.method ?? "";
    const fault = this.faults.shift();
    this.calls.push(`${method} ${url.pathname}`);
    const [, bucket, ...rest] = url.pathname.split("/");
    const key = decodeURIComponent(rest.join("/"));
    const call = { method, key, query: url.searchParams, request, body: Buffer.concat(chunks) };
    let answer: Answer;
    if (!this.#isSigned(request, url)) answer = refusal(403, "SignatureDoesNotMatch");
    else if (bucket !== "bucket") answer = refusal(404, "NoSuchBucket");
    else if (typeof fault === "number") answer = refusal(fault, "Fault");
    else answer = this.#handle(call);
    if (fault === "hang up") {
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, answer.headers ?? {});
    response.end(method === "HEAD" ? undefined : answer.text);
  }

  #handle(call: S3Call): Answer {
    const { method, key, query } = call;
    const object = this.objects.get(key);
    if (key === "" && query.get("list-type") === "2") return this.#list(query);
    if (method === "POST") return query.has("uploads") ? this.#beginUpload(call) : this.#completeUpload(call);
    if (method === "PUT") return query.has("uploadId") ? this.#takePart(call) : this.#put(call, call.body);
    if (method === "DELETE") {
      if (query.has("uploadId")) this.uploads.delete(query.get("uploadId") ?? "");
      else this.objects.delete(key);
      return { status: 204 };
    }
    if (object === undefined) return refusal(404, "NoSuchKey");
    const headers = { ...object.headers, "last-modified": object.modifiedAt.toUTCString() };
    return { status: 200, text: object.data, headers };
  }

  #put({ key, request }: S3Call, data: Buffer, headers = metadata(request)): Answer {
    if (request.headers["if-none-match"] === "*" && this.objects.has(key)) {
      return refusal(412, "PreconditionFailed");
    }
    this.objects.set(key, { data, headers, modifiedAt: new Date(Date.now() + this.skew) });
    return { status: 200, headers: { etag: '"tag"' } };
  }

  #beginUpload({ request }: S3Call): Answer {
    const id = randomUUID();
    this.uploads.set(id, { headers: metadata(request), parts: new Map() });
    return { status: 200, text: `<Result><UploadId>${id}</UploadId></Result>` };
  }

  #takePart({ query, body }: S3Call): Answer {
    const upload = this.uploads.get(query.get("uploadId") ?? "");
    if (upload === undefined) return refusal(404, "NoSuchUpload");
    upload.parts.set(Number(query.get("partNumber")), body);
    return { status: 200, headers: { etag: `"part-${query.get("partNumber")}"` } };
  }

  #completeUpload(call: S3Call): Answer {
    const id = call.query.get("uploadId") ?? "";
    const upload = this.uploads.get(id);
    if (upload === undefined) return refusal(404, "NoSuchUpload");
    const numbers = [...upload.parts.keys()].sort((a, b) => a - b);
    const tags = [...call.body.toString().matchAll(/<ETag>(.*?)<\/ETag>/g)].map(([, tag]) => tag);
    if (tags.join() !== numbers.map((n) => `"part-${n}"`).join()) return refusal(400, "InvalidPart");
    const answer = this.#put(
      call,
      Buffer.concat(numbers.map((n) => upload.parts.get(n) as Buffer)),
      upload.headers,
    );
    if (answer.status === 200) this.uploads.delete(id);
    return answer;
  }

  #list(query: URLSearchParams): Answer {
    const start = query.get("continuation-token") ?? "";
    const keys = [...this.objects.keys()]
      .filter((key) => key.startsWith(query.get("prefix") ?? "") && key > start)
      .sort();
    const page = keys.slice(0, this.pageSize);
    const contents = page.map((key) => {
      const { data, modifiedAt } = this.objects.get(key) as StoredObject;
      const time = modifiedAt.toISOString();
      return `<Contents><Key>${key}</Key><LastModified>${time}</LastModified><Size>${data.length}</Size></Contents>`;
    });
    const more = keys.length > page.length;
    const next = more ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : "";
    return { status: 200, text: `<R><IsTruncated>${more}</IsTruncated>${next}${contents.join("\n")}</R>` };
  }

  /** Computes the signature of AWS Signature Version 4 from the request as it arrived. */
  #isSigned(request: IncomingMessage, url: URL): boolean {
    const pattern = /^AWS4-HMAC-SHA256 Credential=([^,]+), SignedHeaders=([^,]+), Signature=(\w+)$/;
    const [, credential = "", names = "", signature] =
      pattern.exec(request.headers.authorization ?? "") ?? [];
    const [id, day = "", region = "", service = ""] = credential.split("/");
    if (id !== this.environment["AWS_ACCESS_KEY_ID"] || region !== "eu-central-1" || service !== "s3")
      return false;
    if (request.headers["x-amz-security-token"] !== this.environment["AWS_SESSION_TOKEN"]) return false;
    const header = (name: string): string => String(request.headers[name]);
    const encode = (text: string): string =>
      encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
    const canonical = [
      request.method,
      url.pathname,
      [...url.searchParams]
        .map(([k, v]) => `${encode(k)}=${encode(v)}`)
        .sort()
        .join("&"),
      ...names.split(";").map((name) => `${name}:${header(name)}`),
      "",
      names,
      header("x-amz-content-sha256"),
    ].join("\n");
    const scope = `${day}/${region}/${service}/aws4_request`;
    const hash = createHash("sha256").update(canonical).digest("hex");
    const hmac = (key: string | Buffer, text: string): Buffer =>
      createHmac("sha256", key).update(text).digest();
    const start: string | Buffer = `AWS4${this.environment["AWS_SECRET_ACCESS_KEY"]}`;
    const key = [day, region, service, "aws4_request"].reduce<string | Buffer>(hmac, start);
    const text = ["AWS4-HMAC-SHA256", header("x-amz-date"), scope, hash].join("\n");
    return hmac(key, text).toString("hex") === signature;
  }
}

function metadata(request: IncomingMessage): Readonly<Record<string, string>> {
  const names = Object.keys(request.headers).filter(
    (name) => name === "content-type" || name.startsWith("x-amz-meta-"),
  );
  return Object.fromEntries(names.map((name) => [name, String(request.headers[name])]));
}

function refusal(status: number, code: string): Answer {
  return { status, text: `<Error><Code>${code}</Code><Message>for a test</Message></Error>` };
}
