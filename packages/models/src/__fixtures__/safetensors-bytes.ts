/** The bytes of a safetensors file: a length, a header and `dataBytes` bytes of data. */
export function safetensorsBytes(header: unknown, dataBytes: number, claimedLength?: bigint): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, claimedLength ?? BigInt(text.length), true);
  bytes.set(text, 8);
  for (let index = 0; index < dataBytes; index += 1) bytes[8 + text.length + index] = index % 251;
  return bytes;
}
