import { createHash } from "node:crypto";
import type { StoredFile } from "./fake-commit.ts";
import type { HubState } from "./hub-state.ts";
import { bytesReply, failureReply, jsonReply, type Reply } from "./reply.ts";

/** Small, so that a file of a few hundred kilobytes has several chunks. */
const chunkLength = 64 * 1024;
const chunkHeaderLength = 8;

/** Small, so that a file of a few megabytes has several. The real ones have up to 64 MiB. */
const xorbLength = 4 * 1024 * 1024;
const storageToken = "fake-xet-token";

/** A stand-in for the hash of Xet, which is a tree of BLAKE3 hashes: 64 digits that depend on the content. */
export function xetHash(file: StoredFile): string {
  return createHash("sha256").update(`xet:${file.sha256}`).digest("hex");
}

/** The `Link` header by which the Hub offers a file's chunks. */
export function xetLinks(state: HubState, id: string, commit: string, file: StoredFile): string {
  const auth = `${state.hubEndpoint}/api/models/${id}/xet-read-token/${commit}`;
  const info = `${state.cdnEndpoint}/v1/reconstructions/${xetHash(file)}`;
  return `<${auth}>; rel="xet-auth", <${info}>; rel="xet-reconstruction-info"`;
}

/** Answers requests for a token of the storage, which go to the endpoint. */
export function answerXetToken(state: HubState, url: URL): Reply | undefined {
  if (!/^\/api\/models\/.+\/xet-read-token\/[0-9a-f]{40}$/.test(url.pathname)) return undefined;
  const exp = Math.floor(Date.now() / 1000) + 3600;
  return jsonReply({ accessToken: storageToken, casUrl: state.cdnEndpoint, exp });
}

/** Answers requests for chunks and for the list of them, which go to the other host. */
export function answerXetStorage(
  state: HubState,
  url: URL,
  headers: { readonly authorization?: string; readonly range?: string },
): Reply | undefined {
  const [, hash, index] =
    /^\/(?:v[12]\/reconstructions|xorbs)\/([0-9a-f]{64})(?:\/(\d+))?$/.exec(url.pathname) ?? [];
  const file = [...state.contents.values()].find((candidate) => xetHash(candidate) === hash);
  if (file === undefined) return undefined;
  const xorbs = splitIntoXorbs(file.bytes);
  if (index !== undefined) {
    const xorb = xorbs[Number(index)];
    return xorb === undefined ? undefined : bytesReply(packChunks(xorb), headers.range, {});
  }
  if (headers.authorization !== `Bearer ${storageToken}`) return failureReply(401, undefined, "Unauthorized");
  const parts = xorbs.map((xorb, position) => {
    const chunkCount = Math.ceil(xorb.length / chunkLength);
    return {
      hash: xorbHash(file, position),
      length: xorb.length,
      chunks: { start: 0, end: chunkCount },
      bytes: { start: 0, end: xorb.length + chunkCount * chunkHeaderLength - 1 },
      url: `${state.cdnEndpoint}/xorbs/${hash}/${position}`,
    };
  });
  return jsonReply({
    offset_into_first_range: 0,
    terms: parts.map((part) => ({ hash: part.hash, unpacked_length: part.length, range: part.chunks })),
    xorbs: Object.fromEntries(
      parts.map(({ hash: name, url: address, chunks, bytes }) => [
        name,
        [{ url: address, ranges: [{ chunks, bytes }] }],
      ]),
    ),
  });
}

function xorbHash(file: StoredFile, index: number): string {
  return createHash("sha256").update(`xorb:${file.sha256}:${index}`).digest("hex");
}

function splitIntoXorbs(bytes: Uint8Array): readonly Uint8Array[] {
  const count = Math.ceil(bytes.length / xorbLength);
  return Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * xorbLength, (index + 1) * xorbLength),
  );
}

/** Chunks as Xet stores them: a header of 8 bytes, then the bytes, here not compressed. */
function packChunks(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; start += chunkLength) {
    const chunk = bytes.subarray(start, start + chunkLength);
    const length = [chunk.length & 0xff, (chunk.length >> 8) & 0xff, chunk.length >> 16];
    parts.push(Uint8Array.from([0, ...length, 0, ...length]), chunk);
  }
  return new Uint8Array(Buffer.concat(parts));
}
