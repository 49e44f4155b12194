import { InvalidArgumentError } from "@onestep/core";
import { type Environment, readVariable } from "./environment.ts";

const defaultEndpoint = "https://huggingface.co";

/**
 * The address of the Hub or of a mirror of it: the option, `HF_ENDPOINT`, or `https://huggingface.co`. It may have a
 * path (`https://mirror.example/huggingface`); slashes at its end do not count.
 *
 * @throws InvalidArgumentError where it is not an http(s) URL, or holds a user name, a password or a query.
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
