/** The parts of a standard stream that are written to. */
export interface OutputStream {
  /** Whether a person watches it. */
  readonly isTTY?: boolean | undefined;
  /** Width of the terminal in characters. */
  readonly columns?: number | undefined;
  write(text: string): unknown;
}
