import type { ImageStorage } from "../storage/storage.ts";

/** Whether a result is one of the output, or an error. */
export type ResultKind = "output" | "error";

/** The numbers of the lines that have a result. */
export interface DoneLines {
  readonly output: Set<number>;
  readonly error: Set<number>;
}

interface Waiting {
  readonly kind: ResultKind;
  readonly line: number;
  readonly text: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface LineName {
  readonly kind: ResultKind;
  readonly line: number;
}

interface Part {
  readonly names: readonly LineName[];
  readonly lines: readonly Uint8Array[];
}

const readAhead = 4;
const linesOfPart = 20;
const bytesOfPart = 8 * 2 ** 20;

/**
 * The results of a batch while it runs, under a prefix of the storage: objects of a few lines each. The name of one says
 * which lines it holds, so a list tells what is done. Two runners may write results of the same line; the first in the
 * order of the names counts, and an output before an error.
 */
export class ResultParts {
  readonly #storage: ImageStorage;
  readonly #prefix: string;
  readonly #token = crypto.randomUUID().slice(0, 8);
  #waiting: Waiting[] = [];
  #isWriting = false;
  #count = 0;

  /** @param prefix - With a slash at its end. */
  constructor(storage: ImageStorage, prefix: string) {
    this.#storage = storage;
    this.#prefix = prefix;
  }

  /**
   * Adds a result. Resolves when it is in the storage; what comes in meanwhile is written together.
   *
   * @throws StorageError if it cannot be written.
   */
  async add(kind: ResultKind, line: number, result: object): Promise<void> {
    const text = new TextEncoder().encode(`${JSON.stringify(result)}\n`);
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ kind, line, text, resolve, reject });
      if (!this.#isWriting) void this.#write();
    });
  }

  /** Which lines have a result. */
  async done(): Promise<DoneLines> {
    const done: DoneLines = { output: new Set(), error: new Set() };
    for await (const { key } of this.#storage.list(this.#prefix)) {
      for (const { kind, line } of parseName(key)) done[kind].add(line);
    }
    for (const line of done.output) done.error.delete(line);
    return done;
  }

  /** The results of a kind, each line once. */
  async *read(kind: ResultKind): AsyncGenerator<Uint8Array> {
    const done = await this.done();
    const left = done[kind];
    for await (const { names, lines } of this.#readAhead(kind)) {
      for (const [i, name] of names.entries()) {
        const line = lines[i];
        if (name.kind === kind && line !== undefined && left.delete(name.line)) yield line;
      }
    }
  }

  /** The parts with results of a kind. The next few are on their way while one is used. */
  async *#readAhead(kind: ResultKind): AsyncGenerator<Part> {
    const coming: Promise<Part>[] = [];
    for await (const { key } of this.#storage.list(this.#prefix)) {
      const names = parseName(key);
      if (!names.some((name) => name.kind === kind)) continue;
      const part = this.#storage
        .get(key)
        .then((bytes) => ({ names, lines: splitLines(bytes ?? new Uint8Array()) }));
      // Whoever gets there meets the failure.
      part.catch(() => {});
      coming.push(part);
      const next = coming.length > readAhead ? coming.shift() : undefined;
      if (next !== undefined) yield await next;
    }
    for (const part of coming) yield await part;
  }

  /** Forgets errors, so that their lines are run again. Outputs in the same parts stay. */
  async forgetErrors(): Promise<void> {
    for await (const { key } of this.#storage.list(this.#prefix)) {
      const names = parseName(key);
      if (!names.some(({ kind }) => kind === "error")) continue;
      const lines = splitLines((await this.#storage.get(key)) ?? new Uint8Array());
      const kept = names.flatMap(({ kind, line }, i) => {
        const text = lines[i];
        return kind === "error" || text === undefined ? [] : [{ kind, line, text }];
      });
      if (kept.length > 0) await this.#put(kept);
      await this.#storage.delete([key]);
    }
  }

  /** Deletes all parts. */
  async clear(): Promise<void> {
    for await (const { key } of this.#storage.list(this.#prefix)) await this.#storage.delete([key]);
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      const part = this.#takePart();
      try {
        await this.#put(part);
        for (const { resolve } of part) resolve();
      } catch (error) {
        for (const { reject } of part) reject(error);
      }
    }
    this.#isWriting = false;
  }

  #takePart(): readonly Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { text } of this.#waiting) {
      bytes += text.length;
      if (count > 0 && (count === linesOfPart || bytes > bytesOfPart)) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #put(part: readonly Pick<Waiting, "kind" | "line" | "text">[]): Promise<void> {
    this.#count += 1;
    const number = this.#count.toString(36).padStart(6, "0");
    const names = part.map(({ kind, line }) => `.${kind.charAt(0)}${line.toString(36)}`).join("");
    const key = `${this.#prefix}${this.#token}-${number}${names}`;
    const data = new Uint8Array(await new Blob(part.map(({ text }) => text.slice())).arrayBuffer());
    await this.#storage.put(key, data, { replace: true });
  }
}

/** Which lines a part holds, in their order. */
function parseName(key: string): readonly LineName[] {
  const name = key.slice(key.lastIndexOf("/") + 1);
  return [...name.matchAll(/\.([oe])([0-9a-z]+)/g)].map(([, kind, line = ""]) => ({
    kind: kind === "o" ? "output" : "error",
    line: Number.parseInt(line, 36),
  }));
}

/** Lines with their ends. */
function splitLines(bytes: Uint8Array): readonly Uint8Array[] {
  const lines: Uint8Array[] = [];
  let start = 0;
  for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
    lines.push(bytes.subarray(start, end + 1));
    start = end + 1;
  }
  return lines;
}
