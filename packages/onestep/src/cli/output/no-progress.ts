import type { ProgressDisplay } from "./progress-display.ts";

/** Shows nothing, for `--quiet`. */
export const noProgress: ProgressDisplay = {
  show() {},
  showTask() {},
  print() {},
  clear() {},
};
