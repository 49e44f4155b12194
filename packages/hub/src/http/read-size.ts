/** A length in bytes out of a header; `undefined` where it is not there, or not a whole number. */
export function readSize(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
