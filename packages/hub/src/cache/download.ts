import { ConnectionError, IntegrityError, isOutage } from "../errors.ts";
import { pause, policyBeforeContact, type RetryPolicy, waitBeforeRetry } from "../http/retry.ts";
import { isSha256 } from "../hub-api/listing.ts";
import type { Part } from "./store.ts";

/** After a connection that transferred this much, failures are counted from zero again. */
const progressBytes = 1024 * 1024;

/** A response with bytes of a file. */
export interface Incoming {
  /** Their offset in the file: the requested one, or 0. */
  readonly offset: number;
  /** The length of the whole file, if the response says so. */
  readonly size?: number | undefined;
  /** The bytes as they arrive. A chunk may be valid only until the next one is requested. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Drops any unread data. Never fails. */
  readonly discard: () => Promise<void>;
}

/** A file to download. */
export interface Reception {
  /** The file's path in its repository, for messages. */
  readonly path: string;
  /** Its length, if known. */
  readonly size: number | undefined;
  /** The length announced by the server, which may be wrong: good enough to check whether the file fits. */
  readonly announcedSize?: number | undefined;
  /** Its SHA-256 or git object id, if known. */
  readonly objectId: string | undefined;
  /** Requests the bytes from an offset. */
  readonly request: (offset: number) => Promise<Incoming>;
  /** Called with the number of bytes that have arrived so far. */
  readonly onBytes: (loadedBytes: number) => void;
  readonly retry: RetryPolicy;
  readonly signal: AbortSignal | undefined;
}

/**
 * Downloads a file into the cache: bytes are written as they arrive, and not kept in memory. After a broken connection,
 * the download resumes. At the end, the length and checksum of the whole file are verified, including bytes from an
 * earlier download; then the file is published. Wrong bytes are discarded and downloaded again, once.
 *
 * @param first - The response to a request from `part.size` on, if there already is one.
 * @returns The length in bytes.
 * @throws IntegrityError, CacheWriteError, DiskSpaceError, what `request` throws, the reason of the signal. The partial
 * data is then kept for later, unless it is wrong or could not be written.
 */
export async function receiveFile(part: Part, reception: Reception, first?: Incoming): Promise<number> {
  try {
    await receiveAll(part, reception, first);
    const { size } = part;
    await part.finish();
    return size;
  } catch (error) {
    if (isOutage(error) || reception.signal?.aborted) await part.keep();
    else await part.discard();
    throw error;
  }
}

async function receiveAll(part: Part, reception: Reception, first: Incoming | undefined): Promise<void> {
  const { retry, signal } = reception;
  let incoming = first;
  let failures = 0;
  let hasContact = first !== undefined;
  let mayRestart = retry.maxRetries > 0;
  for (;;) {
    const { size: sizeBefore, hasOldBytes } = part;
    try {
      await receiveRest(part, reception, incoming);
      return;
    } catch (error) {
      signal?.throwIfAborted();
      incoming = undefined;
      if (IntegrityError.isInstance(error) && (hasOldBytes || mayRestart)) {
        mayRestart &&= hasOldBytes;
        await part.restart();
        continue;
      }
      if (part.size - sizeBefore >= progressBytes) failures = 0;
      hasContact ||= part.size > sizeBefore;
      const policy = hasContact ? retry : policyBeforeContact(error, retry);
      const wait = waitBeforeRetry(error, failures, policy);
      if (wait === undefined) throw error;
      await pause(wait, signal);
      failures += 1;
    }
  }
}

async function receiveRest(part: Part, reception: Reception, given: Incoming | undefined): Promise<void> {
  const { announcedSize, objectId, onBytes, path } = reception;
  let { size } = reception;
  if (size === undefined || part.size < size || given !== undefined) {
    const incoming = given ?? (await reception.request(part.size));
    size ??= incoming.size;
    const neededSize = size ?? announcedSize ?? 0;
    try {
      if (incoming.offset !== part.size) await part.restart();
      if (neededSize > part.size) await part.checkFreeSpace(neededSize - part.size);
      if (part.size > 0) onBytes(part.size);
      for await (const chunk of incoming.chunks) {
        if (size !== undefined && part.size + chunk.length > size) throw tooLong(path, size);
        await part.write(chunk);
        onBytes(part.size);
      }
    } finally {
      await incoming.discard();
    }
  }
  if (size !== undefined && part.size < size) throw cutOff(path, part.size, size);
  if (size !== undefined && part.size > size) throw tooLong(path, size);
  const names = (await part.names()) ?? [];
  if (objectId !== undefined && !names.includes(objectId)) {
    throw wrongContent(path, String(names[0]), objectId);
  }
}

function wrongContent(path: string, found: string, expected: string): IntegrityError {
  const algorithm = isSha256(expected) ? "SHA-256" : "git object";
  return new IntegrityError({
    subject: path,
    found: `content with the ${algorithm} ${found}`,
    expected,
    remedy: "It was damaged during the download or on the server. Try again.",
    summary: `${path} is damaged: its ${algorithm} is ${found}, not ${expected}.`,
  });
}

function tooLong(path: string, expected: number): IntegrityError {
  return new IntegrityError({
    subject: path,
    found: "more",
    expected: `${expected} bytes`,
    remedy: "It has changed on the server. Try again.",
    summary: `${path} is longer than the ${expected} bytes that were announced.`,
  });
}

function cutOff(path: string, size: number, expected: number): ConnectionError {
  return new ConnectionError({
    subject: path,
    found: `an end after ${size} bytes`,
    expected: `${expected} bytes`,
    remedy: "Try again: it resumes where it stopped.",
    summary: `The download of ${path} broke off after ${size} of ${expected} bytes.`,
  });
}
