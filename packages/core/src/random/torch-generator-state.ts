import { InvalidArgumentError } from "../errors.ts";
import { MersenneTwister } from "./mersenne-twister.ts";

/** The state of torch's CPU generator. */
export interface TorchGeneratorState {
  readonly initialSeed: bigint;
  readonly words: Uint32Array;
  /** Number of consumed words: 0 if freshly seeded, otherwise 1 to 624. */
  readonly position: number;
  /** The second normal of a pair, not yet returned. */
  readonly spareNormal: number | undefined;
  /** The same in float32. torch stores it and never uses it. */
  readonly spareFloatNormal: number | undefined;
}

const wordCount = MersenneTwister.wordCount;

// CPUGeneratorImplState in aten/src/ATen/CPUGeneratorImpl.cpp, little-endian, with the compiler's padding.
const byteLength = 5056;
const offsets = {
  initialSeed: 0,
  left: 8,
  isSeeded: 12,
  next: 16,
  words: 24,
  spareNormal: 5024,
  hasSpareNormal: 5040,
  spareFloatNormal: 5048,
  hasSpareFloatNormal: 5052,
} as const;

/** Writes the bytes that torch's `Generator.get_state()` returns. */
export function encodeTorchGeneratorState(state: TorchGeneratorState): Uint8Array {
  const bytes = new Uint8Array(byteLength);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(offsets.initialSeed, state.initialSeed, true);
  view.setInt32(offsets.left, expectedLeft(state.position), true);
  view.setInt32(offsets.isSeeded, 1, true);
  view.setBigUint64(offsets.next, BigInt(state.position), true);
  state.words.forEach((word, index) => {
    view.setUint32(offsets.words + 8 * index, word, true);
  });
  view.setFloat64(offsets.spareNormal, state.spareNormal ?? 0, true);
  view.setInt32(offsets.hasSpareNormal, state.spareNormal === undefined ? 0 : 1, true);
  view.setFloat32(offsets.spareFloatNormal, state.spareFloatNormal ?? 0, true);
  view.setUint8(offsets.hasSpareFloatNormal, state.spareFloatNormal === undefined ? 0 : 1);
  return bytes;
}

/**
 * Reads the bytes that torch's `Generator.get_state()` returns.
 *
 * @throws InvalidArgumentError if they are not a valid state. Stricter than torch, which accepts some states that make
 *   it read out of bounds.
 */
export function decodeTorchGeneratorState(bytes: Uint8Array): TorchGeneratorState {
  if (Object.prototype.toString.call(bytes) !== "[object Uint8Array]") {
    throw malformed(typeof bytes, "a Uint8Array");
  }
  if (bytes.length !== byteLength) throw malformed(`${bytes.length} bytes`, `${byteLength} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isSeeded = view.getInt32(offsets.isSeeded, true);
  if (isSeeded !== 1) throw malformed(`${isSeeded} as the mark of a seeded generator`, "1");
  const next = view.getBigUint64(offsets.next, true);
  const left = view.getInt32(offsets.left, true);
  if (next > BigInt(wordCount) || left !== expectedLeft(Number(next))) {
    throw malformed(
      `${next} words used and ${left} left`,
      `at most ${wordCount} used, and a sum of ${wordCount + 1}, or 0 used and 1 left`,
    );
  }
  const words = new Uint32Array(wordCount);
  for (let index = 0; index < wordCount; index += 1) {
    const word = view.getBigUint64(offsets.words + 8 * index, true);
    if (word > 0xffffffffn) throw malformed(`${word} as word ${index}`, "words of 32 bits");
    words[index] = Number(word);
  }
  const hasSpare = view.getInt32(offsets.hasSpareNormal, true);
  const hasSpareFloat = view.getUint8(offsets.hasSpareFloatNormal);
  if ((hasSpare !== 0 && hasSpare !== 1) || hasSpareFloat > 1) {
    throw malformed(`${hasSpare} and ${hasSpareFloat} as the marks of a spare normal`, "0 or 1");
  }
  const spareNormal = hasSpare === 1 ? view.getFloat64(offsets.spareNormal, true) : undefined;
  const spareFloatNormal = hasSpareFloat === 1 ? view.getFloat32(offsets.spareFloatNormal, true) : undefined;
  if (!Number.isFinite(spareNormal ?? 0) || !Number.isFinite(spareFloatNormal ?? 0)) {
    throw malformed(`${spareNormal ?? spareFloatNormal} as a spare normal`, "a finite number");
  }
  const initialSeed = view.getBigUint64(offsets.initialSeed, true);
  return { initialSeed, words, position: Number(next), spareNormal, spareFloatNormal };
}

function expectedLeft(position: number): number {
  return position === 0 ? 1 : wordCount + 1 - position;
}

function malformed(found: string, expected: string): InvalidArgumentError {
  return new InvalidArgumentError({
    subject: "state of a TorchGenerator",
    found,
    expected,
    remedy: "Pass what `getState()`, or `generator.get_state().numpy().tobytes()` in Python, returned.",
  });
}
