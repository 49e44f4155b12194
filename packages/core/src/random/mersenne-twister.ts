const wordCount = 624;
const middle = 397;

/**
 * The 32-bit Mersenne Twister (Matsumoto and Nishimura 1998, mt19937), seeded by the multiplier 1812433253 of its
 * 2002 initialisation, as torch's CPU generator is.
 */
export class MersenneTwister {
  readonly #words = new Uint32Array(wordCount);
  #position = 0;

  /** Number of words in the state: 624. */
  static readonly wordCount: number = wordCount;

  /** @param seed - An integer in [0, 2^32). */
  constructor(seed: number) {
    const words = this.#words;
    words[0] = seed;
    for (let index = 1; index < wordCount; index += 1) {
      const previous = words[index - 1] ?? 0;
      words[index] = Math.imul(1812433253, previous ^ (previous >>> 30)) + index;
    }
  }

  /**
   * A twister in a known state.
   *
   * @param words - The 624 words of the state; copied.
   * @param position - Number of consumed words, 0 to 624. A freshly seeded state, which is renewed before the first
   *   number, has 0.
   */
  static restore(words: Uint32Array, position: number): MersenneTwister {
    const twister = new MersenneTwister(0);
    twister.#words.set(words);
    twister.#position = position;
    return twister;
  }

  /** A copy of the words of the state. */
  get words(): Uint32Array {
    return this.#words.slice();
  }

  /** Number of consumed words: 0 if freshly seeded, otherwise 1 to 624. */
  get position(): number {
    return this.#position;
  }

  /** The next number, an integer in [0, 2^32). */
  next(): number {
    if (this.#position === 0 || this.#position === wordCount) this.#renew();
    this.#position += 1;
    return temper(this.#words[this.#position - 1] ?? 0) >>> 0;
  }

  /** Fills an array from `start` with the low 24 bits of the next numbers, as fractions in [0, 1). */
  fill(values: Float32Array, start: number): void {
    const words = this.#words;
    let index = start;
    while (index < values.length) {
      if (this.#position === 0 || this.#position === wordCount) this.#renew();
      const position = this.#position;
      const count = Math.min(wordCount - position, values.length - index);
      for (let step = 0; step < count; step += 1) {
        values[index + step] = (temper(words[position + step] ?? 0) & 0xffffff) * 2 ** -24;
      }
      index += count;
      this.#position = position + count;
    }
  }

  #renew(): void {
    const words = this.#words;
    for (let index = 0; index < wordCount; index += 1) {
      const following = words[index === wordCount - 1 ? 0 : index + 1] ?? 0;
      const mixed = ((words[index] ?? 0) & 0x80000000) | (following & 0x7fffffff);
      const distant = words[index < wordCount - middle ? index + middle : index - (wordCount - middle)] ?? 0;
      words[index] = distant ^ (mixed >>> 1) ^ (-(following & 1) & 0x9908b0df);
    }
    this.#position = 0;
  }
}

function temper(word: number): number {
  let tempered = word ^ (word >>> 11);
  tempered ^= (tempered << 7) & 0x9d2c5680;
  tempered ^= (tempered << 15) & 0xefc60000;
  return tempered ^ (tempered >>> 18);
}
