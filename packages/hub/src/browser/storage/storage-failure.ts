import { OnestepError } from "@onestep/core";
import { CacheWriteError } from "../../errors/cache-write-error.ts";
import { DiskSpaceError } from "../../errors/disk-space-error.ts";

const remedy = "Delete models that are not needed (deleteFromCache), or other data of this site.";

/** How many bytes this site may still store; `undefined` where the browser does not tell. */
export async function readFreeBytes(): Promise<number | undefined> {
  try {
    const { quota, usage } = await navigator.storage.estimate();
    return quota === undefined || usage === undefined ? undefined : Math.max(0, quota - usage);
  } catch {
    return undefined;
  }
}

/** The error for what does not fit. */
export function noSpace(
  place: string,
  neededBytes: number,
  freeBytes: number,
  cause?: unknown,
): DiskSpaceError {
  return new DiskSpaceError(
    {
      subject: place,
      found: `${freeBytes} bytes that this site may still store`,
      expected: `${neededBytes} bytes, which are still to be stored`,
      remedy,
    },
    { neededBytes, freeBytes, cause },
  );
}

/**
 * Does some writing in the browser's storage.
 *
 * @param neededBytes - How much room it takes, for the message.
 * @throws DiskSpaceError where the browser gives no more room; CacheWriteError where it refuses otherwise.
 */
export async function writeInStorage<Result>(
  place: string,
  neededBytes: number,
  write: () => Promise<Result>,
): Promise<Result> {
  try {
    return await write();
  } catch (cause) {
    if (OnestepError.isInstance(cause)) throw cause;
    if (cause instanceof DOMException && cause.name === "QuotaExceededError") {
      throw noSpace(place, neededBytes, (await readFreeBytes()) ?? 0, cause);
    }
    const message = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw new CacheWriteError(
      { subject: place, found: message, expected: "storage of the browser that can be written", remedy },
      { cause },
    );
  }
}
