import { formatDuration } from "./format-duration.ts";

/** How far a piece of work has come. */
export interface Advance {
  /** How much is done, from 0 to 1. */
  readonly fraction: number;
  /** How long it took to come this far, in milliseconds. */
  readonly after: number;
}

/**
 * How long the rest takes at the speed so far, in words: `12 s left`. `undefined` in the first second, where it would
 * be a guess, and at the end.
 *
 * @param elapsed - Milliseconds since the work began; the time since the last advance counts down.
 */
export function timeLeft({ fraction, after }: Advance, elapsed: number): string | undefined {
  if (!(fraction > 0 && fraction < 1) || after < 1000) return undefined;
  const rest = (after * (1 - fraction)) / fraction - (elapsed - after);
  const seconds = Math.max(1, Math.ceil(rest / 1000));
  return `${seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1000)} left`;
}
