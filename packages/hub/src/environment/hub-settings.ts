import { InvalidArgumentError } from "@onestep/core";
import type { Patience } from "../http/request-watch.ts";
import { type Environment, isEnabled, readVariable } from "./environment.ts";

/** Whether requests are forbidden: by the option, `HF_HUB_OFFLINE` or `TRANSFORMERS_OFFLINE`. */
export function isOffline(localFilesOnly: boolean | undefined, environment: Environment): boolean {
  if (localFilesOnly === true) return true;
  const variable =
    readVariable(environment, "HF_HUB_OFFLINE") === undefined ? "TRANSFORMERS_OFFLINE" : "HF_HUB_OFFLINE";
  return isEnabled(environment, variable);
}

/** How long to wait for an answer about files: `HF_HUB_ETAG_TIMEOUT`, or 10 s. */
export function metadataPatience(environment: Environment): Patience {
  return readPatience(environment, "HF_HUB_ETAG_TIMEOUT");
}

/** How long to wait for the next piece of a file: `HF_HUB_DOWNLOAD_TIMEOUT`, or 10 s. */
export function downloadPatience(environment: Environment): Patience {
  return readPatience(environment, "HF_HUB_DOWNLOAD_TIMEOUT");
}

/** How long the Hub may think about what it was sent: `HF_HUB_DOWNLOAD_TIMEOUT`, or 60 s. */
export function uploadPatience(environment: Environment): Patience {
  return readPatience(environment, "HF_HUB_DOWNLOAD_TIMEOUT", 60);
}

/** Beyond this, the Hub sends files in chunks only (huggingface_hub 2.0, `MAX_HTTP_DOWNLOAD_SIZE`). */
const maximumWholeBytes = 50_000_000_000;

/** Below this, fetching chunks takes more requests than it saves time. */
const minimumChunkedBytes = 8 * 1024 * 1024;

/**
 * From which length on a file is fetched in chunks out of Xet storage: where the Hub does not send it as a whole, or
 * from 8 MiB on where `HF_XET_HIGH_PERFORMANCE` asks for it. Never where `HF_HUB_DISABLE_XET` is set.
 */
export function xetFromBytes(environment: Environment): number {
  if (isEnabled(environment, "HF_HUB_DISABLE_XET")) return Number.POSITIVE_INFINITY;
  return isEnabled(environment, "HF_XET_HIGH_PERFORMANCE") ? minimumChunkedBytes : maximumWholeBytes;
}

/** @throws InvalidArgumentError where the variable is set to something else than a number of seconds. */
function readPatience(environment: Environment, variable: string, defaultSeconds: number = 10): Patience {
  const text = readVariable(environment, variable)?.trim() ?? "0";
  const seconds = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || seconds > 86_400) {
    throw new InvalidArgumentError({
      subject: variable,
      found: JSON.stringify(text),
      expected: "a number of seconds, up to 86400",
      remedy: `Correct it, or unset it for the default of ${defaultSeconds} s.`,
    });
  }
  return { variable, seconds: seconds === 0 ? defaultSeconds : seconds };
}
