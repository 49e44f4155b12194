import { sha256 } from "../ids.ts";

/** Names that Windows gives to devices, whatever their ending. */
const deviceName = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;
const longestName = 180;

/**
 * Names of files for the ids of lines. Different ids get different names, also where a file system does not tell capitals
 * from small letters.
 */
export class BulkNames {
  /** By the name in small letters, whose it is. */
  readonly #owners = new Map<string, string>();
  readonly #names = new Map<string, string>();

  /** Adds an id, always in the same order. */
  async add(customId: string): Promise<void> {
    const encoded = encodeName(customId);
    const isTaken = this.#owners.has(encoded.toLowerCase());
    // Encoded names have no `~`.
    const name =
      isTaken || encoded.length > longestName
        ? `${encoded.slice(0, longestName - 20)}~${(await sha256(JSON.stringify(customId))).slice(0, 16)}`
        : encoded;
    this.#owners.set(name.toLowerCase(), customId);
    this.#names.set(customId, name);
  }

  /**
   * The name of an image, without its ending: that of the line; with `-1`, `-2` … where a line has several, or `~1` where
   * that is the name of another line.
   */
  imageName(customId: string, index: number, count: number): string {
    const name = this.#names.get(customId) ?? "";
    if (count === 1) return name;
    const numbered = `${name}-${index + 1}`;
    return this.#owners.has(numbered.toLowerCase()) ? `${name}~${index + 1}` : numbered;
  }
}

function encodeName(customId: string): string {
  const bytes = new TextEncoder().encode(customId);
  const characters = [...bytes].map((byte, i) => {
    const character = String.fromCharCode(byte);
    const isDotInside = character === "." && i > 0 && i < bytes.length - 1;
    return /[A-Za-z0-9_-]/.test(character) || isDotInside ? character : hex(byte);
  });
  if (deviceName.test(customId)) characters[0] = hex(bytes[0] ?? 0);
  return characters.join("");
}

function hex(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}
