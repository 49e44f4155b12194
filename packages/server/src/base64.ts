/** How many bytes become text at once: more arguments than this overflow the stack. */
const piece = 0x8000;

/** Bytes as base64. */
export function toBase64(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let start = 0; start < bytes.length; start += piece) {
    parts.push(String.fromCharCode(...bytes.subarray(start, start + piece)));
  }
  return btoa(parts.join(""));
}

/** The bytes that base64 stands for; undefined unless the text is valid base64. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
