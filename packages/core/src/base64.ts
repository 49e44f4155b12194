/** How many bytes become text at once: more arguments than this overflow the stack. */
const piece = 0x8000;

/** Bytes as base64. */
export function toBase64(bytes: Uint8Array): string {
  // `btoa` takes thirty times as long, and holds up whatever else a server does. Browsers have nothing else.
  const { Buffer: NodeBuffer } = globalThis as { readonly Buffer?: BytesToText };
  if (NodeBuffer !== undefined)
    return NodeBuffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
  const parts: string[] = [];
  for (let start = 0; start < bytes.length; start += piece) {
    parts.push(String.fromCharCode(...bytes.subarray(start, start + piece)));
  }
  return btoa(parts.join(""));
}

/** Node's `Buffer`, as far as it is used here: this file is compiled without Node's types. */
interface BytesToText {
  from(buffer: ArrayBufferLike, offset: number, length: number): { toString(encoding: "base64"): string };
}

/** The bytes that base64 stands for; undefined unless the text is valid base64. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
