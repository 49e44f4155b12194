import { missingShippedCheckpoint } from "./missing-shipped-checkpoint.ts";

/** There is none in a browser yet. @throws UnsupportedError */
export function findShippedCheckpoint(): string {
  throw missingShippedCheckpoint("a browser, where packages have no folder");
}
