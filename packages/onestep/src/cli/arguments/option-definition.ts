/** An option of a command. */
export interface OptionDefinition {
  /** Long name without dashes: `class-label`. */
  readonly name: string;
  /** One letter for short: `o` for `-o`. */
  readonly short?: string;
  /** What its value stands for in the help text: `file`. Without it the option is a switch. */
  readonly value?: string;
  /** Whether it may be given more than once. */
  readonly repeatable?: boolean;
  /** What it does, for the help text. No full stop at its end. */
  readonly description: string;
}
