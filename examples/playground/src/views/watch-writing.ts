/**
 * How long after a field lost the focus the page changes back, in milliseconds: a button that was pressed must not move
 * away before it is released.
 */
const untilClicked = 400;

/**
 * Marks the page with the class `writing` while somebody writes in a field on a small screen, so that what is fixed there
 * makes room, and keeps the field in view when the keyboard of the screen comes up.
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
