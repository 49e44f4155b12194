import { OnestepError } from "@onestep/core";
import { CacheWriteError } from "../errors/cache-write-error.ts";
import { describeSystemError } from "./system-error.ts";

/** Makes what writing into the cache threw into a typed error. What is typed already passes as it is. */
export function toCacheWriteError(location: string, error: unknown): Error {
  if (OnestepError.isInstance(error)) return error;
  return new CacheWriteError(
    {
      subject: location,
      found: describeSystemError(error),
      expected: "a place in the cache that can be written",
      remedy:
        "Make room or grant access, or name another cache folder (option cacheDir, HF_HUB_CACHE or HF_HOME); pass localFilesOnly: true to use only what is cached.",
    },
    { cause: error },
  );
}

/** Does some writing in the cache. @throws CacheWriteError where the operating system refuses. */
export async function writeInCache<Result>(location: string, write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    throw toCacheWriteError(location, error);
  }
}
