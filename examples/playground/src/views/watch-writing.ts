/**
 * Marks the page with the class `writing` while somebody writes in a field on a small screen, so that what is fixed there
 * makes room, and keeps the field in view when the keyboard of the screen comes up.
 */
export function watchWriting(): void {
  const root = document.documentElement;
  const mark = (): void => {
    root.classList.toggle("writing", isTextField(document.activeElement));
  };
  addEventListener("focusin", mark);
  addEventListener("focusout", () => {
    // By then, the focus is where it goes.
    setTimeout(mark);
  });
  visualViewport?.addEventListener("resize", () => {
    const { activeElement } = document;
    if (isTextField(activeElement)) activeElement?.scrollIntoView({ block: "nearest" });
  });
}

function isTextField(element: Element | null): boolean {
  if (element instanceof HTMLTextAreaElement) return true;
  return element instanceof HTMLInputElement && ["text", "url", "password"].includes(element.type);
}
