import type { ProgressEvent } from "@onestep/core";

/** Shows what is going on while a person waits. */
export interface ProgressDisplay {
  /** Shows an event. */
  show(event: ProgressEvent): void;
  /** Shows that something without events of its own has begun: `Generating`. */
  showTask(label: string): void;
  /** Writes a line of its own, above the bar where there is one. */
  print(line: string): void;
  /** Takes away what is drawn, if anything is. The display can be used again. */
  clear(): void;
}
