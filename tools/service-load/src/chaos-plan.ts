/** What is killed. */
export type Victim = "worker" | "frontEnd" | "server";

/** A kill, when so many jobs are done. */
export interface Kill {
  readonly after: number;
  readonly victim: Victim;
  /** Which of them: 0 to 1. */
  readonly choice: number;
}

/** Random numbers from 0 to 1 that a seed repeats (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Spreads kills over the jobs: one in 16 hits the queue server, but ten at least; one in seven a front end. */
export function planKills(jobs: number, kills: number, seed: number): readonly Kill[] {
  const random = seededRandom(seed);
  const servers = Math.min(Math.floor(kills / 2), Math.max(10, Math.round(kills / 16)));
  const frontEnds = Math.min(kills - servers, Math.round(kills / 7));
  return Array.from({ length: kills }, (_, index): Kill => {
    const victim = index < servers ? "server" : index < servers + frontEnds ? "frontEnd" : "worker";
    return { victim, after: Math.floor(0.95 * jobs * random()), choice: random() };
  }).sort((one, other) => one.after - other.after);
}
