import type { PickleReader } from "./pickle-reader.ts";
import { type PickleValue, sizeOfPickleValue } from "./pickle-value.ts";

/** How many values may wait on the stack: writers put a dict there a thousand entries at a time. */
const maximumStack = 1_000_000;
/** How many groups may be open inside each other: Python gives up at a depth of about 1000. */
const maximumMarks = 10_000;
/** How many characters, bytes and items all calls together may be given: twice what the largest pickle can hold. */
const maximumArguments = 64 * 1024 * 1024;

/** The stack, marks and memo of a pickle that is being read, all of limited size. */
export class PickleMachine {
  readonly #reader: PickleReader;
  readonly #stack: PickleValue[] = [];
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, PickleValue>();
  #arguments = 0;

  constructor(reader: PickleReader) {
    this.#reader = reader;
  }

  push(value: PickleValue): void {
    if (this.#stack.length >= maximumStack) {
      throw this.#reader.fault("a stack that is full", `at most ${maximumStack} values on it`);
    }
    this.#stack.push(value);
  }

  pop(): PickleValue {
    this.#requireValue();
    return this.#stack.pop() as PickleValue;
  }

  /** The topmost value, which stays. */
  top(): PickleValue {
    this.#requireValue();
    return this.#stack.at(-1) as PickleValue;
  }

  mark(): void {
    if (this.#marks.length >= maximumMarks) {
      throw this.#reader.fault(`more than ${maximumMarks} open groups`, "fewer inside each other");
    }
    this.#marks.push(this.#stack.length);
  }

  /** Takes the last mark and everything above it. */
  popToMark(): PickleValue[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw this.#reader.fault("the end of a group", "its beginning before that");
    return this.#stack.splice(mark);
  }

  /**
   * Counts what a call is given. Values out of the memo cost a pickle nothing, and what is called looks at all of them:
   * without a limit, a small pickle could keep its reader busy for days.
   */
  countArguments(values: readonly PickleValue[]): void {
    for (const value of values) this.#arguments += sizeOfPickleValue(value);
    if (this.#arguments > maximumArguments) {
      throw this.#reader.fault(
        `calls with more than ${maximumArguments} characters, bytes and items`,
        "fewer in all",
      );
    }
  }

  /** Whether a value can be taken without passing a mark. */
  hasValue(): boolean {
    return this.#stack.length > (this.#marks.at(-1) ?? 0);
  }

  /** Keeps the topmost value under a number. */
  store(index: number): void {
    this.#memo.set(index, this.top());
  }

  /** Keeps the topmost value under the next number. */
  storeNext(): void {
    this.store(this.#memo.size);
  }

  /** Puts a value that was kept on the stack. */
  load(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw this.#reader.fault(`a use of memo entry ${index}`, "one that was kept");
    this.push(value);
  }

  #requireValue(): void {
    if (!this.hasValue()) throw this.#reader.fault("a use of a value", "one on the stack");
  }
}
