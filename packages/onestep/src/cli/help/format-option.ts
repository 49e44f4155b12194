import type { OptionDefinition } from "../arguments/option-definition.ts";

/** How an option is written: `-o, --out <file>`. Options without a short form are indented to stand below the others. */
export function formatOption({ name, short, value }: OptionDefinition): string {
  return `${short === undefined ? "    " : `-${short}, `}--${name}${value === undefined ? "" : ` <${value}>`}`;
}
