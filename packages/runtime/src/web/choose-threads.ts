import { OneTimeWarning } from "../one-time-warning.ts";
import type { WebPlatform } from "./web-platform.ts";

/** More make wasm no faster: its kernels are short, and threads wait for each other. */
const mostUseful = 8;

const lostThreads: OneTimeWarning = new OneTimeWarning();

/**
 * How many threads a session on wasm computes with: as many as asked for, but for what no machine has use for (a browser may
 * tell of fewer processors than there are); by default half the processors, since two of them usually share a core. One where the page is not cross-origin isolated, with a warning if that is a loss.
 *
 * @param warning Where it is given.
 */
export function chooseThreads(
  requested: number | undefined,
  platform: WebPlatform,
  warning: OneTimeWarning = lostThreads,
): number {
  const { isCrossOriginIsolated, processors } = platform;
  const wanted =
    requested === undefined
      ? Math.min(processors <= 2 ? processors : Math.ceil(processors / 2), mostUseful)
      : Math.min(requested, Math.max(processors, mostUseful));
  if (wanted === 1 || isCrossOriginIsolated) return wanted;
  warning.give(
    `The model runs on one thread instead of ${wanted}, because this page is not cross-origin isolated. Serve it with ` +
      "the headers `Cross-Origin-Opener-Policy: same-origin` and `Cross-Origin-Embedder-Policy: require-corp` (or " +
      "`credentialless`), or pass `threads: 1` to do without.",
  );
  return 1;
}
