import { createHash } from "node:crypto";
import type { HubState } from "./hub-state.ts";
import { jsonReply, type Reply } from "./reply.ts";
import { failure, readJson, type UploadCall } from "./request-log.ts";

/** Tells where to send large files, except those that are already there. */
export function answerBatch(call: UploadCall, id: string): Reply {
  const { state } = call;
  const { objects } = readJson(call.body);
  const { partBytes = Number.POSITIVE_INFINITY } = state.options;
  const answers = (objects as { oid: string; size: number }[]).map(({ oid, size }) => {
    if (state.contents.has(oid) || state.uploads.has(oid)) return { oid, size, authenticated: true };
    const verify = { href: `${state.hubEndpoint}/${id}.git/info/lfs/objects/verify` };
    const address = `${state.cdnEndpoint}/upload/${oid}`;
    const upload =
      size <= partBytes
        ? { href: `${address}?signature=secret` }
        : {
            href: `${state.hubEndpoint}/api/complete_multipart?signature=secret`,
            header: listParts(address, size, partBytes),
          };
    return { oid, size, authenticated: true, actions: { upload, verify } };
  });
  const isMultipart = answers.some(({ size }) => size > partBytes);
  return jsonReply({ transfer: isMultipart ? "multipart" : "basic", objects: answers });
}

/** Assembles the parts of a large file. */
export function answerCompletion({ state, body, url }: UploadCall): Reply {
  if (url.searchParams.get("signature") !== "secret") return failure(403, "Invalid signature");
  const { oid, parts } = readJson(body);
  const numbers = (parts as { partNumber: number; etag: string }[]).toSorted(
    (first, second) => first.partNumber - second.partNumber,
  );
  const contents: Uint8Array[] = [];
  for (const { partNumber, etag } of numbers) {
    const content = state.parts.get(`${oid}/${partNumber}`);
    if (content === undefined || etagOf(content) !== etag) return failure(400, `Invalid part ${partNumber}`);
    contents.push(content);
  }
  const whole = new Uint8Array(Buffer.concat(contents));
  if (hash(whole) !== oid) return failure(400, "The parts do not make up the object");
  state.uploads.set(String(oid), whole);
  return jsonReply({});
}

/** Tells whether a large file has arrived. */
export function answerVerification({ state, body }: UploadCall): Reply {
  const { oid, size } = readJson(body);
  const length = state.uploads.get(String(oid))?.length ?? state.contents.get(String(oid))?.bytes.length;
  return length === size ? jsonReply({}) : failure(404, "Object does not exist");
}

/** Answers a PUT to the storage of large files. */
export function answerStorage(
  state: HubState,
  url: URL,
  request: { readonly method: string; readonly authorization: string | undefined; readonly body: Uint8Array },
): Reply | undefined {
  const [, sha256, part] = /^\/upload\/([0-9a-f]{64})(?:\/(\d+))?$/.exec(url.pathname) ?? [];
  if (sha256 === undefined || request.method !== "PUT") return undefined;
  // Storage of this kind accepts a signed URL or a token, and rejects both together.
  if (request.authorization !== undefined || url.searchParams.get("signature") !== "secret") {
    return { status: 400, body: "<Error><Code>InvalidArgument</Code></Error>" };
  }
  const { body } = request;
  if (part !== undefined) {
    state.parts.set(`${sha256}/${Number(part)}`, body);
    return { status: 200, headers: { ETag: etagOf(body) } };
  }
  if (hash(body) !== sha256) return { status: 400, body: "<Error><Code>BadDigest</Code></Error>" };
  state.uploads.set(sha256, body);
  return { status: 200, headers: { ETag: etagOf(body) } };
}

function listParts(address: string, size: number, partBytes: number): Readonly<Record<string, string>> {
  const parts: Record<string, string> = { chunk_size: String(partBytes) };
  for (let number = 1; (number - 1) * partBytes < size; number += 1) {
    parts[String(number).padStart(5, "0")] = `${address}/${number}?signature=secret`;
  }
  return parts;
}

function hash(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function etagOf(bytes: Uint8Array): string {
  return `"${createHash("md5").update(bytes).digest("hex")}"`;
}
