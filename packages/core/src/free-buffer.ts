/**
 * Frees a buffer's memory immediately, if the platform supports it; the buffer and its views are empty afterwards.
 * Large short-lived buffers would otherwise pile up, since the garbage collector sees only the small objects that refer
 * to them.
 */
export function freeBuffer(buffer: ArrayBufferLike): void {
  // A transferred buffer is already empty and would throw.
  if (buffer.byteLength === 0) return;
  (buffer as { readonly transfer?: (byteLength: number) => ArrayBuffer }).transfer?.(0);
}
