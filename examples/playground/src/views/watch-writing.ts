/**
 * How long after a field loses the focus the page changes back, in milliseconds: a button must not move away between
 * press and release.
 */
const untilClicked = 400;

/**
 * Adds the class `writing` to the page while the user types in a field on a small screen, so that fixed elements make
 * room, and keeps the field in view when the on-screen keyboard appears.
 */
export function watchWriting(): void {
  const root = document.documentElement;
  const mark = (): void => {
    root.classList.toggle("writing", isTextField(document.activeElement));
  };
  addEventListener("focusin", ({ target }) => {
    if (target instanceof Element && isTextField(target)) mark();
  });
  addEventListener("focusout", () => setTimeout(mark, untilClicked));
  visualViewport?.addEventListener("resize", () => {
    const { activeElement } = document;
    if (isTextField(activeElement)) activeElement?.scrollIntoView({ block: "nearest" });
  });
}

function isTextField(element: Element | null): boolean {
  if (element instanceof HTMLTextAreaElement) return true;
  return element instanceof HTMLInputElement && ["text", "url", "password"].includes(element.type);
}
