/** The command line itself is wrong: no such command or option, or a value that is missing or of the wrong kind. */
export class UsageError extends Error {
  /** The command that was meant, where that much was clear: `cache list`. */
  readonly command: string | undefined;

  constructor(message: string, command?: string) {
    super(message);
    this.name = "UsageError";
    this.command = command;
  }
}
