import { joinBytes, littleEndian } from "./zip-bytes.ts";

/** A piece of a pickle: bytes, or characters of Latin-1. */
export type PicklePart = Uint8Array | string;

/** The bytes of a pickle: its parts and the end. */
export function pickleBytes(...parts: readonly PicklePart[]): Uint8Array {
  return joinBytes([...parts, "."].map(toBytes));
}

/** Operations of protocol 2, the one that torch uses, each as the bytes that Python writes. */
export const op = {
  protocol: (version: number): PicklePart => `\x80${String.fromCharCode(version)}`,
  text: (value: string): PicklePart => {
    const bytes = new TextEncoder().encode(value);
    return joinBytes([toBytes("X"), littleEndian([bytes.length, 4]), bytes]);
  },
  int: (value: number): PicklePart => joinBytes([toBytes("J"), littleEndian([value, 4])]),
  global: (module: string, name: string): PicklePart => `c${module}\n${name}\n`,
  /** A tuple of what the parts make. */
  tuple: (...parts: readonly PicklePart[]): PicklePart => joinBytes(["(", ...parts, "t"].map(toBytes)),
  /** A dict of what the parts make, keys and values by turns. */
  dict: (...parts: readonly PicklePart[]): PicklePart => joinBytes(["}(", ...parts, "u"].map(toBytes)),
  list: (...parts: readonly PicklePart[]): PicklePart => joinBytes(["](", ...parts, "e"].map(toBytes)),
  /** One after the other. */
  sequence: (...parts: readonly PicklePart[]): PicklePart => joinBytes(parts.map(toBytes)),
  /** A call of a function with what the parts make. */
  call: (callee: PicklePart, ...parts: readonly PicklePart[]): PicklePart =>
    joinBytes([callee, op.tuple(...parts), "R"].map(toBytes)),
  /** What a persistent id stands for. */
  persistent: (id: PicklePart): PicklePart => joinBytes([id, "Q"].map(toBytes)),
  none: "N",
  false: "\x89",
  true: "\x88",
} as const;

function toBytes(part: PicklePart): Uint8Array {
  return typeof part === "string" ? Uint8Array.from(part, (character) => character.charCodeAt(0)) : part;
}
