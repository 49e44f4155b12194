import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { UnsupportedError } from "@onestep/core";
import { warn } from "@onestep/core/internal";
import { cleanToken, type Environment, isEnabled, readVariable } from "../settings.ts";
import { describeSystemError, isNotThere } from "./system-error.ts";

/** `HF_HOME`, or `huggingface` in `XDG_CACHE_HOME`, or `~/.cache/huggingface`. */
export function resolveHuggingFaceHome(environment: Environment): string {
  const home = readVariable(environment, "HF_HOME");
  if (home !== undefined) return expandPath(home, environment);
  const cache = readVariable(environment, "XDG_CACHE_HOME") ?? join("~", ".cache");
  return expandPath(join(cache, "huggingface"), environment);
}

/**
 * The folder of the cache that is shared with Python: the option, `HF_HUB_CACHE`, `HUGGINGFACE_HUB_CACHE`, or `hub` in
 * {@link resolveHuggingFaceHome}.
 */
export function resolveHubCache(option: string | undefined, environment: Environment): string {
  if (option !== undefined) return resolve(expandHome(option, environment));
  const folder =
    readVariable(environment, "HF_HUB_CACHE") ?? readVariable(environment, "HUGGINGFACE_HUB_CACHE");
  return folder === undefined
    ? join(resolveHuggingFaceHome(environment), "hub")
    : expandPath(folder, environment);
}

/**
 * The folder for files of plain web servers, which Python's cache has no place for: `onestep/urls` in the option
 * `cacheDir`, or in {@link resolveHuggingFaceHome}.
 */
export function resolveUrlCache(option: string | undefined, environment: Environment): string {
  const base =
    option === undefined ? resolveHuggingFaceHome(environment) : resolve(expandHome(option, environment));
  return join(base, "onestep", "urls");
}

/** An absolute path, with `~` at the front and `$NAME` or `${NAME}` anywhere replaced, as huggingface_hub does. */
function expandPath(path: string, environment: Environment): string {
  const expanded = path.replace(
    /\$(?:(\w+)|\{(\w+)\})/g,
    (whole, bare, braced) => readVariable(environment, bare ?? braced) ?? whole,
  );
  return resolve(expandHome(expanded, environment));
}

function expandHome(path: string, environment: Environment): string {
  return path.replace(/^~(?=$|[/\\])/, () => homeFolder(environment));
}

/** @throws UnsupportedError if the user has no home folder: an id that the system does not know, in a container. */
function homeFolder(environment: Environment): string {
  const home = readVariable(environment, "HOME") ?? readVariable(environment, "USERPROFILE");
  if (home !== undefined) return home;
  try {
    return homedir();
  } catch (cause) {
    throw new UnsupportedError(
      {
        subject: "home folder",
        found: "a user without a home folder",
        expected: "a folder for the cache",
        remedy: "Name one: pass `cacheDir` (`--cache-dir`), or set HF_HOME or HOME.",
        summary: "This user has no home folder to keep the cache in.",
      },
      { cause },
    );
  }
}

/**
 * The access token: the option, then `HF_TOKEN`, then `HUGGING_FACE_HUB_TOKEN`, then the file that `hf auth login`
 * writes (`HF_TOKEN_PATH`, or `token` in `HF_HOME`). White space around it does not count. `undefined` if there is
 * none, if the file cannot be read (with a warning), if the option is `false`, or if `HF_HUB_DISABLE_IMPLICIT_TOKEN` is set
 * and no option is given.
 *
 * @throws InvalidTokenError if it holds characters that no token has. The message does not repeat it.
 */
export async function resolveToken(
  option: string | false | undefined,
  environment: Environment,
): Promise<string | undefined> {
  if (option === false) return undefined;
  if (option !== undefined) return cleanToken(option, "option token");
  if (isEnabled(environment, "HF_HUB_DISABLE_IMPLICIT_TOKEN")) return undefined;
  for (const variable of ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"]) {
    const token = cleanToken(readVariable(environment, variable) ?? "", variable);
    if (token !== undefined) return token;
  }
  return readTokenFile(environment);
}

async function readTokenFile(environment: Environment): Promise<string | undefined> {
  const location = locateTokenFile(environment);
  if (location === undefined) return undefined;
  let text: string;
  try {
    text = await readFile(location, "utf8");
  } catch (error) {
    // The file of another user, in a folder that several share, does not block public models.
    if (!isNotThere(error)) warn(describeUnreadable(location, error), "hub");
    return undefined;
  }
  return cleanToken(text, `token file ${location}`);
}

function describeUnreadable(location: string, error: unknown): string {
  const found = `token file ${location}: found ${describeSystemError(error)}, expected a file that this user may read.`;
  return `${found} Requests are made without a token. Pass token: false, or a token (option token, HF_TOKEN), or name another file (HF_TOKEN_PATH).`;
}

/** `undefined` if the user has no home folder, and therefore no token file. */
function locateTokenFile(environment: Environment): string | undefined {
  const variable = readVariable(environment, "HF_TOKEN_PATH");
  if (variable !== undefined) return expandPath(variable, environment);
  try {
    return join(resolveHuggingFaceHome(environment), "token");
  } catch (error) {
    if (UnsupportedError.isInstance(error)) return undefined;
    throw error;
  }
}
