import { readFile } from "node:fs/promises";
import { errorMessage } from "@onestep/core/internal";
import type { Environment } from "@onestep/hub";
import { type ApiKey, hashApiKey } from "@onestep/server";
import { UsageError } from "../arguments/parse-arguments.ts";
import type { ServiceSettings } from "./service-settings.ts";

const keysVariable = "ONESTEP_API_KEYS";

/**
 * The API keys of a file or the environment. Only their digests are kept.
 *
 * @throws UsageError if a line cannot be read. Keys are never in a message.
 */
export async function readApiKeys(
  settings: ServiceSettings,
  environment: Environment,
): Promise<readonly ApiKey[]> {
  const path = settings.text("api-keys-file");
  const own = environment[keysVariable];
  if (path !== undefined && own !== undefined) {
    throw new UsageError(`--api-keys-file: ${keysVariable} is set too. Use one of them.`);
  }
  const entries =
    own === undefined ? await readEntries(path) : own.split(",").map((part) => part.trim().replace(":", " "));
  const where = own === undefined ? `--api-keys-file: line` : `${keysVariable}: entry`;
  const keys: ApiKey[] = [];
  for (const [index, entry] of entries.entries()) {
    if (entry === "" || entry.startsWith("#")) continue;
    const key = await readEntry(entry);
    if (key === undefined) {
      throw new UsageError(
        `${where} ${index + 1} is not a name of letters, digits, - and _, a space, and a key of at least 16 characters.`,
      );
    }
    if (keys.some(({ name }) => name === key.name))
      throw new UsageError(`${where} ${index + 1} names ${key.name} again. Give each key a name of its own.`);
    keys.push(key);
  }
  if (keys.length === 0 && (path !== undefined || own !== undefined))
    throw new UsageError(`${path === undefined ? keysVariable : `--api-keys-file: ${path}`} holds no key.`);
  return keys;
}

async function readEntries(path: string | undefined): Promise<readonly string[]> {
  if (path === undefined) return [];
  try {
    return (await readFile(path, "utf8")).split(/\r?\n/).map((line) => line.trim());
  } catch (error) {
    throw new UsageError(`--api-keys-file: ${path} cannot be read: ${errorMessage(error)}`);
  }
}

async function readEntry(entry: string): Promise<ApiKey | undefined> {
  const [, name = "", secret = ""] = /^([\w-]{1,64})\s+(\S+)$/.exec(entry) ?? [];
  const digest = /^sha256:([0-9a-f]{64})$/i.exec(secret)?.[1];
  if (digest !== undefined) return { name, digest: digest.toLowerCase() };
  return secret.length >= 16 ? hashApiKey(name, secret) : undefined;
}
