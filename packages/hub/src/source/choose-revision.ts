import { InvalidArgumentError } from "@onestep/core";

/** The revision that is asked for; `main` by default. @throws InvalidArgumentError where option and URL differ. */
export function chooseRevision(option: string | undefined, fromUrl: string | undefined): string {
  if (option !== undefined && fromUrl !== undefined && option !== fromUrl) {
    throw new InvalidArgumentError({
      subject: "option revision",
      found: `${JSON.stringify(option)}, while the URL names ${JSON.stringify(fromUrl)}`,
      expected: "one revision",
      remedy: "Leave one of them out.",
    });
  }
  return option ?? fromUrl ?? "main";
}
