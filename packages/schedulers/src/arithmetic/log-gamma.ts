/** Coefficients of Lanczos' approximation for g = 7, good to 15 digits. */
const terms: readonly number[] = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** `ln Γ(value)`, by Lanczos' approximation. @param value - Above 0. */
export function logGamma(value: number): number {
  const at = value - 1;
  let sum = terms[0] ?? 0;
  for (let index = 1; index < terms.length; index += 1) sum += (terms[index] ?? 0) / (at + index);
  const shifted = at + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (at + 0.5) * Math.log(shifted) - shifted + Math.log(sum);
}
