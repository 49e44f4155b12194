/**
 * Gives the memory of a buffer back at once, where the platform can do that; afterwards the buffer and its views are
 * empty. Buffers of megabytes that each serve for a moment would otherwise pile up, since the garbage collector looks
 * at the small objects that stand for them.
 */
export function freeBuffer(buffer: ArrayBufferLike): void {
  // One that was sent elsewhere is empty already, and would throw.
  if (buffer.byteLength === 0) return;
  (buffer as { readonly transfer?: (byteLength: number) => ArrayBuffer }).transfer?.(0);
}
