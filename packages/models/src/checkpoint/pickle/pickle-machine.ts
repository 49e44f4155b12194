import type { PickleReader } from "./pickle-reader.ts";
import { type PickleValue, sizeOfPickleValue } from "./pickle-value.ts";

/** Maximum values on the stack: writers push a dict a thousand entries at a time. */
const maximumStack = 1_000_000;
/** Maximum nesting depth of groups: Python gives up at about 1000. */
const maximumMarks = 10_000;
/** Maximum characters, bytes and items passed to all calls together: twice what the largest pickle can hold. */
const maximumArguments = 64 * 1024 * 1024;

/** The stack, marks and memo of an unpickling run, all limited in size. */
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

  /** The topmost value, without popping it. */
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

  /** Pops the last mark and everything above it. */
  popToMark(): PickleValue[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw this.#reader.fault("the end of a group", "its beginning before that");
    return this.#stack.splice(mark);
  }

  /**
   * Counts the arguments of a call. Memo values cost a pickle nothing, but the callee visits all of them: without a limit, a
   * small pickle could keep its reader busy for days.
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

  /** Whether a value can be popped without passing a mark. */
  hasValue(): boolean {
    return this.#stack.length > (this.#marks.at(-1) ?? 0);
  }

  /** Memoizes the topmost value under a number. */
  store(index: number): void {
    this.#memo.set(index, this.top());
  }

  /** Memoizes the topmost value under the next number. */
  storeNext(): void {
    this.store(this.#memo.size);
  }

  /** Pushes a memoized value onto the stack. */
  load(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw this.#reader.fault(`a use of memo entry ${index}`, "one that was kept");
    this.push(value);
  }

  #requireValue(): void {
    if (!this.hasValue()) throw this.#reader.fault("a use of a value", "one on the stack");
  }
}
