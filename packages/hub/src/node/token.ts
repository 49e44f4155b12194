import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { cleanToken } from "../environment/clean-token.ts";
import { type Environment, isEnabled, readVariable } from "../environment/environment.ts";
import { expandPath, resolveHuggingFaceHome } from "./cache-folders.ts";
import { isNotThere } from "./system-error.ts";
import { toFileReadError } from "./to-file-read-error.ts";

/**
 * The access token: the option, then `HF_TOKEN`, then `HUGGING_FACE_HUB_TOKEN`, then the file that `hf auth login`
 * writes (`HF_TOKEN_PATH`, or `token` in `HF_HOME`). White space around it does not count. `undefined` where there is
 * none, where the option is `false`, or where `HF_HUB_DISABLE_IMPLICIT_TOKEN` is set and no option is given.
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
  const variable = readVariable(environment, "HF_TOKEN_PATH");
  const location =
    variable === undefined
      ? join(resolveHuggingFaceHome(environment), "token")
      : expandPath(variable, environment);
  try {
    return cleanToken(await readFile(location, "utf8"), `token file ${location}`);
  } catch (error) {
    if (isNotThere(error)) return undefined;
    throw toFileReadError(location, error);
  }
}
