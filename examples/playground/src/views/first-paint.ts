/** A page in the background is not painted, so wait no longer than this, in milliseconds. */
const patience = 300;

/**
 * Resolves after the first paint of the page. Work started before it, especially workers, competes with the first
 * layout for the processor and makes the page unresponsive.
 */
export function firstPaint(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, patience);
    requestAnimationFrame(() => setTimeout(resolve));
  });
}
