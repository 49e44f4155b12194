import type { Float8DType } from "@onestep/graph";

interface Layout {
  readonly mantissaBits: number;
  readonly bias: number;
  /** `ieee`: infinities and NaNs at the largest exponent. `fn`: NaN where all bits are set. `fnuz`: NaN in place of −0. */
  readonly special: "ieee" | "fn" | "fnuz";
}

const layouts: Readonly<Record<Exclude<Float8DType, "float8_e8m0fnu">, Layout>> = {
  float8_e4m3fn: { mantissaBits: 3, bias: 7, special: "fn" },
  float8_e5m2: { mantissaBits: 2, bias: 15, special: "ieee" },
  float8_e4m3fnuz: { mantissaBits: 3, bias: 8, special: "fnuz" },
  float8_e5m2fnuz: { mantissaBits: 2, bias: 16, special: "fnuz" },
};

/** The float32 value of each of the 256 bytes, as converted by torch (`c10/util/Float8_*.h`). */
export function float8Values(type: Float8DType): readonly number[] {
  return Array.from({ length: 256 }, (_, byte) =>
    type === "float8_e8m0fnu"
      ? byte === 0xff
        ? Number.NaN
        : 2 ** (byte - 127)
      : decode(byte, layouts[type]),
  );
}

function decode(byte: number, { mantissaBits, bias, special }: Layout): number {
  const sign = byte < 0x80 ? 1 : -1;
  const exponent = (byte & 0x7f) >> mantissaBits;
  const fraction = (byte & ((1 << mantissaBits) - 1)) / (1 << mantissaBits);
  if (special === "fn" && (byte & 0x7f) === 0x7f) return Number.NaN;
  if (special === "fnuz" && byte === 0x80) return Number.NaN;
  if (special === "ieee" && exponent === 0x7f >> mantissaBits) {
    return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  }
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias);
}
