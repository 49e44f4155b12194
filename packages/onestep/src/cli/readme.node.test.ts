import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { commands, commandTable } from "./commands.ts";
import { formatCommandHelp, formatOverview } from "./help.ts";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

/** The code block after a heading. */
function blockUnder(heading: string): string | undefined {
  return new RegExp(`^### ${heading}\\n\\n\`\`\`text\\n([\\s\\S]*?)\`\`\``, "m").exec(readme)?.[1];
}

it.each([
  { heading: "onestep", text: formatOverview(commandTable, { columns: 100 }) },
  ...commands.map((command) => ({
    heading: `onestep ${command.name}`,
    text: formatCommandHelp(command, { columns: 100 }),
  })),
])("the README has the help text of $heading, word for word", ({ heading, text }) => {
  expect(blockUnder(heading)).toBe(text);
});
