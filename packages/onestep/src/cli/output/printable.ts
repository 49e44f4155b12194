/**
 * A text without control characters but line breaks, so that a name that came from elsewhere cannot steer the
 * terminal.
 */
export function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n]/gu, "?");
}
