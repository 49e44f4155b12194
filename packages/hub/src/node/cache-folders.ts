import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { UnsupportedError } from "@onestep/core";
import { type Environment, readVariable } from "../environment/environment.ts";

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
export function expandPath(path: string, environment: Environment): string {
  const expanded = path.replace(
    /\$(?:(\w+)|\{(\w+)\})/g,
    (whole, bare, braced) => readVariable(environment, bare ?? braced) ?? whole,
  );
  return resolve(expandHome(expanded, environment));
}

function expandHome(path: string, environment: Environment): string {
  return path.replace(/^~(?=$|[/\\])/, () => homeFolder(environment));
}

/** @throws UnsupportedError where the user has no home folder: an id that the system does not know, in a container. */
function homeFolder(environment: Environment): string {
  const home = readVariable(environment, "HOME") ?? readVariable(environment, "USERPROFILE");
  if (home !== undefined) return home;
  try {
    return homedir();
  } catch (cause) {
    throw new UnsupportedError(
      {
        subject: "home folder",
        found: "a user that has none",
        expected: "a folder for the cache",
        remedy: "Name one: pass `cacheDir` (`--cache-dir`), or set HF_HOME or HOME.",
      },
      { cause },
    );
  }
}
