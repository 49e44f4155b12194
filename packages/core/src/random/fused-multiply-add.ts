/**
 * `left · right + addend` of float32 numbers, rounded to float32, as a processor's fma instruction does.
 *
 * The product of two float32 numbers is exact in a double; the sum is rounded to a double and then to float32. That
 * differs from fma, which rounds once, where the double sum lies exactly between two float32 numbers and the true sum
 * does not: about once in 2^29 sums of arbitrary numbers. For the sums that `logFloat32` and `cosSinFloat32` make it
 * never happens: this was checked for every one of their 2^24 arguments.
 */
export function fusedMultiplyAdd(left: number, right: number, addend: number): number {
  return Math.fround(left * right + addend);
}
