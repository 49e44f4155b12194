/** A page in the background is not painted; it does not wait for longer than this, in milliseconds. */
const patience = 300;

/**
 * Resolves when the page was painted for the first time. What is started before, workers above all, competes with the
 * first layout for the processor, and keeps the page from answering.
 */
export function firstPaint(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, patience);
    requestAnimationFrame(() => setTimeout(resolve));
  });
}
