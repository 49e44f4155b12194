/** The noise levels of a run in float32, as torch holds them, with one more at the end. */
export function appendSigma(sigmas: ArrayLike<number>, lastSigma: number): Float32Array {
  const appended = new Float32Array(sigmas.length + 1);
  appended.set(sigmas);
  appended[sigmas.length] = lastSigma;
  return appended;
}
