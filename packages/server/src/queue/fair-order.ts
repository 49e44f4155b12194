import type { ImageJob, JobPriority } from "../job.ts";

const priorities: readonly JobPriority[] = ["interactive", "batch"];

/** How far a run looks for jobs of the same group behind the first. */
const furthest = 512;

/** The jobs of one owner in one priority. Maps keep their order, and lose an entry in constant time. */
interface Line {
  /** The seconds of work that the owner has had, at least those of the least served owner when it came. */
  served: number;
  readonly jobs: Map<string, ImageJob>;
}

/**
 * The order in which waiting jobs run: interactive ones before those of batches; among owners, whoever has had the fewest
 * seconds of work (fair queueing by cost); of one owner, the oldest.
 */
export class FairOrder {
  readonly #lines: Readonly<Record<JobPriority, Map<string, Line>>> = {
    interactive: new Map(),
    batch: new Map(),
  };
  readonly #loads = new Map<string, { count: number; seconds: number }>();

  /** Adds a job behind the others of its owner. */
  add(job: ImageJob): void {
    this.#lineOf(job).jobs.set(job.id, job);
    this.#count(job, 1);
  }

  /** Adds a job before the others of its owner. */
  addFirst(job: ImageJob): void {
    const { jobs } = this.#lineOf(job);
    const others = [...jobs];
    jobs.clear();
    for (const [id, one] of [[job.id, job] as const, ...others]) jobs.set(id, one);
    this.#count(job, 1);
  }

  /** Removes a job, if it waits. */
  remove(job: ImageJob): void {
    const lines = this.#lines[job.priority];
    const line = lines.get(job.owner);
    if (line?.jobs.delete(job.id) !== true) return;
    if (line.jobs.size === 0) lines.delete(job.owner);
    this.#count(job, -1);
  }

  /** Takes the job whose turn it is, and others of its group. */
  take(models: ReadonlySet<string>, count: number): readonly ImageJob[] {
    for (const priority of priorities) {
      const lines = [...this.#lines[priority].values()].sort((one, other) => one.served - other.served);
      const first = lines.map(({ jobs }) => firstOf(jobs, models)).find((job) => job !== undefined);
      if (first === undefined) continue;
      const taken = [first, ...others(first, lines, count - 1)];
      for (const job of taken) {
        this.#lineOf(job).served += job.cost;
        this.remove(job);
      }
      return taken;
    }
    return [];
  }

  /** What waits, of one model or all. */
  load(model: string | undefined): { readonly count: number; readonly seconds: number } {
    if (model !== undefined) return this.#loads.get(model) ?? { count: 0, seconds: 0 };
    const all = { count: 0, seconds: 0 };
    for (const { count, seconds } of this.#loads.values()) {
      all.count += count;
      all.seconds += seconds;
    }
    return all;
  }

  #lineOf({ priority, owner }: ImageJob): Line {
    const lines = this.#lines[priority];
    const known = lines.get(owner);
    if (known !== undefined) return known;
    const least = Math.min(...[...lines.values()].map(({ served }) => served));
    const line = { served: Number.isFinite(least) ? least : 0, jobs: new Map<string, ImageJob>() };
    lines.set(owner, line);
    return line;
  }

  #count({ model, cost }: ImageJob, sign: 1 | -1): void {
    const load = this.#loads.get(model) ?? { count: 0, seconds: 0 };
    load.count += sign;
    // Sums of rounded numbers may not return to zero.
    load.seconds = load.count === 0 ? 0 : load.seconds + sign * cost;
    this.#loads.set(model, load);
  }
}

function firstOf(jobs: ReadonlyMap<string, ImageJob>, models: ReadonlySet<string>): ImageJob | undefined {
  for (const job of jobs.values()) {
    if (models.has(job.model)) return job;
  }
  return undefined;
}

/** Jobs that can share the run of the first, in the order of their lines. */
function others(first: ImageJob, lines: readonly Line[], count: number): readonly ImageJob[] {
  const found: ImageJob[] = [];
  let looked = 0;
  for (const { jobs } of lines) {
    for (const job of jobs.values()) {
      looked += 1;
      if (found.length >= count || looked > furthest) return found;
      if (job !== first && job.group === first.group) found.push(job);
    }
  }
  return found;
}
