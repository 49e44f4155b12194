/** The states of a guard flag. */
const idle = 0;
const posted = 1;
const busy = 2;
const closing = 3;

/**
 * A flag shared between a thread and its worker: whether the worker is inside onnxruntime.
 *
 * Node ends worker threads when the process exits. onnxruntime-node 1.30 aborts the whole process when that happens
 * during a call (`terminate called after throwing an instance of 'Napi::Error'`, exit code 134 and a core dump). The
 * guard makes the exit wait until the call has returned, as Node itself does before it joins the thread. A call the
 * worker has not begun is not waited for and never begins: the worker may be dead.
 */
export class ExitGuard {
  /** The flags of all busy workers. One exit listener serves the whole process. */
  static readonly #busyFlags: Set<Int32Array> = new Set();
  readonly #flag: Int32Array;

  /** @param flag The flag of another thread's guard; a new one by default. */
  constructor(flag: Int32Array = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))) {
    this.#flag = flag;
  }

  /** Post this to the worker to create the guard on its side. */
  get flag(): Int32Array {
    return this.#flag;
  }

  /** The caller's side: a call is posted. Once it is begun, an exit of the process waits for the worker to {@link leave}. */
  enter(): void {
    Atomics.store(this.#flag, 0, posted);
    if (ExitGuard.#busyFlags.size === 0) process.on("exit", ExitGuard.#waitForWorkers);
    ExitGuard.#busyFlags.add(this.#flag);
  }

  /** The caller's side: an exit of the process need not wait for this worker any more. */
  forget(): void {
    ExitGuard.#busyFlags.delete(this.#flag);
    if (ExitGuard.#busyFlags.size === 0) process.off("exit", ExitGuard.#waitForWorkers);
  }

  /** The worker's side: begins the call, unless the process is about to exit. Returns whether it did. */
  begin(): boolean {
    return Atomics.compareExchange(this.#flag, 0, posted, busy) === posted;
  }

  /** The worker's side: whether the process is about to exit, in which case no long work should begin. */
  get closing(): boolean {
    return Atomics.load(this.#flag, 0) === closing;
  }

  /** The worker's side: the call has returned. */
  leave(): void {
    Atomics.store(this.#flag, 0, idle);
    Atomics.notify(this.#flag, 0);
  }

  static #waitForWorkers(this: void): void {
    const begun = [...ExitGuard.#busyFlags].filter((flag) => {
      Atomics.compareExchange(flag, 0, posted, closing);
      return Atomics.compareExchange(flag, 0, busy, closing) === busy;
    });
    for (const flag of begun) Atomics.wait(flag, 0, closing);
  }
}
