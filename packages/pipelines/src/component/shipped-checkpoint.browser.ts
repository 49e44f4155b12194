import { UnsupportedError } from "@onestep/core";

/** Browser programs must import it explicitly, so that it is bundled only if used. @throws UnsupportedError */
export function findShippedCheckpoint(): string {
  throw new UnsupportedError({
    subject: "the included model",
    found: "a browser, where packages have no folder",
    expected: "the name of a model, or the included model, imported",
    remedy:
      'Write `import { emoji32 } from "onestep/emoji32";` and `fromPretrained(await emoji32())`: the bundler puts its ' +
      "weights beside your script.",
    summary: "In a browser, the included model has to be imported, because packages have no folder there.",
  });
}
