import { endpointOption, tokenOption } from "../arguments/repository-options.ts";
import type { Command } from "../command.ts";

/** `onestep whoami`. */
export const whoamiCommand: Command = {
  name: "whoami",
  summary: "Show whose access token of the Hub is in use",
  description: [
    "Checks the token and shows the name of its owner, and the organizations that the owner belongs to. The token itself is never shown.",
  ],
  options: [tokenOption, endpointOption],
  examples: ["whoami"],
  async run({ arguments: parsed, output, system, signal }) {
    const { whoAmI } = await import("@onestep/hub");
    const account = await whoAmI({
      token: parsed.text("token"),
      endpoint: parsed.text("endpoint"),
      environment: system.environment,
      signal,
    });
    const { name, organizations, endpoint } = account;
    if (organizations.length > 0) output.note(`Organizations: ${organizations.join(", ")}`);
    output.result({ lines: [name], document: { name, organizations, endpoint } });
  },
};
