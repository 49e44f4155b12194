import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { UnsupportedError, warn } from "@onestep/core";
import { cleanToken } from "../environment/clean-token.ts";
import { type Environment, isEnabled, readVariable } from "../environment/environment.ts";
import { expandPath, resolveHuggingFaceHome } from "./cache-folders.ts";
import { describeSystemError, isNotThere } from "./system-error.ts";

/**
 * The access token: the option, then `HF_TOKEN`, then `HUGGING_FACE_HUB_TOKEN`, then the file that `hf auth login`
 * writes (`HF_TOKEN_PATH`, or `token` in `HF_HOME`). White space around it does not count. `undefined` where there is
 * none, where the file cannot be read (with a warning), where the option is `false`, or where `HF_HUB_DISABLE_IMPLICIT_TOKEN` is set and no option is given.
 *
 * @throws InvalidTokenError where it holds characters that no token has. The message does not repeat it.
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
    // The file of another user, in a folder that several share, keeps nobody from public models.
    if (!isNotThere(error)) warn(describeUnreadable(location, error));
    return undefined;
  }
  return cleanToken(text, `token file ${location}`);
}

function describeUnreadable(location: string, error: unknown): string {
  const found = `token file ${location}: found ${describeSystemError(error)}, expected a file that this user may read.`;
  return `${found} Requests are made without a token. Pass token: false, or a token (option token, HF_TOKEN), or name another file (HF_TOKEN_PATH).`;
}

/** Undefined where the user has no home folder, and so no token file. */
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
