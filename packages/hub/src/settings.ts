import { InvalidArgumentError } from "@onestep/core";
import { InvalidTokenError } from "./errors.ts";
import type { Timeout } from "./http/timeout.ts";

/** Environment variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

const trueValues = new Set(["1", "ON", "YES", "TRUE"]);

/** The value of a variable; `undefined` if it is unset or empty. */
export function readVariable(environment: Environment, name: string): string | undefined {
  const value = environment[name];
  return value === undefined || value === "" ? undefined : value;
}

/** Whether a variable is switched on, as huggingface_hub reads it: `1`, `ON`, `YES` or `TRUE`, in any case. */
export function isEnabled(environment: Environment, name: string): boolean {
  return trueValues.has(readVariable(environment, name)?.toUpperCase() ?? "");
}

const defaultEndpoint = "https://huggingface.co";

/**
 * The address of the Hub or of a mirror of it: the option, `HF_ENDPOINT`, or `https://huggingface.co`. It may have a
 * path (`https://mirror.example/huggingface`); slashes at its end do not count.
 *
 * @throws InvalidArgumentError if it is not an http(s) URL, or holds a user name, a password or a query.
 */
export function resolveEndpoint(option: string | undefined, environment: Environment): URL {
  const subject = option === undefined ? "HF_ENDPOINT" : "option endpoint";
  const variable = readVariable(environment, "HF_ENDPOINT")?.trim();
  const text = option ?? (variable || defaultEndpoint);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw invalidEndpoint(subject, JSON.stringify(text));
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw invalidEndpoint(
      subject,
      `a URL of ${url.host} with a user name, a password, a query or a fragment`,
    );
  }
  url.pathname = url.pathname.replace(/\/+$/, "");
  return url;
}

/** The URL of something below an endpoint; `path` starts with a slash. */
export function joinEndpoint(endpoint: URL, path: string): URL {
  return new URL(`${endpoint.origin}${endpoint.pathname.replace(/\/+$/, "")}${path}`);
}

function invalidEndpoint(subject: string, found: string): InvalidArgumentError {
  return new InvalidArgumentError({
    subject,
    found,
    expected: "the http(s) URL of the Hub or of a mirror of it, such as https://huggingface.co",
    remedy: "Correct it; a token goes into the option token or into HF_TOKEN.",
  });
}

/** Whether requests are forbidden: by the option, `HF_HUB_OFFLINE` or `TRANSFORMERS_OFFLINE`. */
export function isOffline(localFilesOnly: boolean | undefined, environment: Environment): boolean {
  if (localFilesOnly === true) return true;
  const variable =
    readVariable(environment, "HF_HUB_OFFLINE") === undefined ? "TRANSFORMERS_OFFLINE" : "HF_HUB_OFFLINE";
  return isEnabled(environment, variable);
}

/** The timeout for metadata: `HF_HUB_ETAG_TIMEOUT`, or 10 s. */
export function metadataTimeout(environment: Environment): Timeout {
  return readTimeout(environment, "HF_HUB_ETAG_TIMEOUT");
}

/** The timeout for the next bytes of a file: `HF_HUB_DOWNLOAD_TIMEOUT`, or 10 s. */
export function downloadTimeout(environment: Environment): Timeout {
  return readTimeout(environment, "HF_HUB_DOWNLOAD_TIMEOUT");
}

/** The timeout for a response to an upload: `HF_HUB_DOWNLOAD_TIMEOUT`, or 60 s. */
export function uploadTimeout(environment: Environment): Timeout {
  return readTimeout(environment, "HF_HUB_DOWNLOAD_TIMEOUT", 60);
}

/** Beyond this, the Hub sends files in chunks only (huggingface_hub 2.0, `MAX_HTTP_DOWNLOAD_SIZE`). */
const maximumWholeBytes = 50_000_000_000;

/** Below this, fetching chunks takes more requests than it saves time. */
const minimumChunkedBytes = 8 * 1024 * 1024;

/**
 * The length from which a file is downloaded in chunks from Xet storage: if the Hub does not send it as a whole, or
 * from 8 MiB if `HF_XET_HIGH_PERFORMANCE` is set. Never if `HF_HUB_DISABLE_XET` is set.
 */
export function xetFromBytes(environment: Environment): number {
  if (isEnabled(environment, "HF_HUB_DISABLE_XET")) return Number.POSITIVE_INFINITY;
  return isEnabled(environment, "HF_XET_HIGH_PERFORMANCE") ? minimumChunkedBytes : maximumWholeBytes;
}

/** @throws InvalidArgumentError if the variable is not a number of seconds. */
function readTimeout(environment: Environment, variable: string, defaultSeconds: number = 10): Timeout {
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

/**
 * A token without the white space and line breaks that come with copying; `undefined` if nothing is left.
 *
 * @param subject - Where the token comes from, for the message.
 * @throws InvalidTokenError if it holds characters that no token has. The message does not repeat it.
 */
export function cleanToken(text: string, subject: string): string | undefined {
  const token = text.replace(/[\r\n]/g, "").trim();
  if (token === "") return undefined;
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new InvalidTokenError({
    subject,
    found: "characters that no token has (it is not repeated here)",
    expected: "one word of letters, digits and signs",
    remedy: "Copy the token again.",
  });
}
