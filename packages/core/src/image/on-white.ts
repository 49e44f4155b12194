/** A channel from 0 to 255 of opacity `alpha` (0 to 255), laid on white and rounded. */
export function onWhite(value: number, alpha: number): number {
  return Math.round((value * alpha + 255 * (255 - alpha)) / 255);
}
