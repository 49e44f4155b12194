import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { shortName } from "../short-name.ts";

/** `.onestep-<16 digits>-<8 digits>.incomplete` */
const longestAddition = 45;

const ending = /^\.onestep-([0-9a-f]+-)?[0-9a-f]{8}\.incomplete$/;

/**
 * Where a file lies while it arrives: `<name>.onestep-<8 digits>.incomplete`, beside the place where it belongs.
 *
 * huggingface_hub (2.0) writes `<name>.<8 digits>.incomplete`; its tools (`hf cache ls`, `hf cache prune`) take both for
 * what they are. The names differ so that nobody takes up a file that Python is writing.
 *
 * @param version - Which version of the content it is, where the name of the file does not say. Hexadecimal.
 */
export function makePartName(location: string, version: string): string {
  const added = `.onestep-${versionPrefix(version)}${randomBytes(4).toString("hex")}.incomplete`;
  return join(dirname(location), stem(location) + added);
}

/** The parts of a file that were left behind, of this version and of all others. */
export async function findParts(
  location: string,
  version: string,
): Promise<{ readonly own: readonly string[]; readonly others: readonly string[] }> {
  const name = stem(location);
  const start = `.onestep-${versionPrefix(version)}`;
  const own: string[] = [];
  const others: string[] = [];
  for (const entry of await readdir(dirname(location)).catch((): string[] => [])) {
    const rest = entry.startsWith(name) ? entry.slice(name.length) : "";
    if (!ending.test(rest)) continue;
    const isOwn = rest.startsWith(start) && /^[0-9a-f]{8}\./.test(rest.slice(start.length));
    (isOwn ? own : others).push(join(dirname(location), entry));
  }
  return { own, others };
}

/** The same for all parts of a file, whatever is added. */
function stem(location: string): string {
  return shortName(basename(location), longestAddition);
}

function versionPrefix(version: string): string {
  return version === "" ? "" : `${version}-`;
}
