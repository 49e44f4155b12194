import fc, { type Arbitrary } from "fast-check";

/** Damage to the bytes of a file, wherever they are from. */
export type ByteMutation = (bytes: Uint8Array) => Uint8Array;

/** A byte changed, a piece cut out, doubled or moved, the end lost, something appended. */
export const byteMutations: Arbitrary<ByteMutation> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })).map(flipByte) },
  { weight: 1, arbitrary: fc.tuple(fc.nat(), fc.nat(64)).map(cutOut) },
  { weight: 1, arbitrary: fc.tuple(fc.nat(), fc.nat(), fc.nat(64)).map(copyPiece) },
  { weight: 1, arbitrary: fc.nat().map(truncate) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 64 }).map(append) },
  { weight: 1, arbitrary: fc.tuple(fc.nat(), extremeNumbers()).map(overwriteNumber) },
);

/** Numbers at which arithmetic on sizes goes wrong. */
export function extremeNumbers(): Arbitrary<bigint> {
  const powers = [7n, 8n, 15n, 16n, 31n, 32n, 52n, 53n, 62n, 63n, 64n].map((power) => 1n << power);
  return fc.oneof(
    fc.bigInt({ min: 0n, max: 300n }),
    fc
      .tuple(fc.constantFrom(...powers), fc.bigInt({ min: -2n, max: 2n }))
      .map(([power, step]) => power + step),
  );
}

function flipByte([position, change]: [number, number]): ByteMutation {
  return (bytes) => {
    const changed = bytes.slice();
    const index = position % Math.max(1, bytes.length);
    if (bytes.length > 0) changed[index] = (bytes[index] as number) ^ change;
    return changed;
  };
}

function cutOut([position, length]: [number, number]): ByteMutation {
  return (bytes) => {
    const start = position % (bytes.length + 1);
    return concatenate(bytes.subarray(0, start), bytes.subarray(start + length));
  };
}

function copyPiece([from, to, length]: [number, number, number]): ByteMutation {
  return (bytes) => {
    const start = from % (bytes.length + 1);
    const target = to % (bytes.length + 1);
    return concatenate(
      bytes.subarray(0, target),
      bytes.subarray(start, start + length),
      bytes.subarray(target),
    );
  };
}

function truncate(length: number): ByteMutation {
  return (bytes) => bytes.slice(0, length % (bytes.length + 1));
}

function append(tail: Uint8Array): ByteMutation {
  return (bytes) => concatenate(bytes, tail);
}

/** Writes a number over eight bytes, little-endian, as the formats have them. */
function overwriteNumber([position, number]: [number, bigint]): ByteMutation {
  return (bytes) => {
    if (bytes.length < 8) return bytes;
    const changed = bytes.slice();
    new DataView(changed.buffer).setBigUint64(
      position % (bytes.length - 7),
      BigInt.asUintN(64, number),
      true,
    );
    return changed;
  };
}

function concatenate(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let position = 0;
  for (const part of parts) {
    joined.set(part, position);
    position += part.length;
  }
  return joined;
}
