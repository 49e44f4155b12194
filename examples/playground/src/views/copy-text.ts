/** How long a button confirms copying, in milliseconds. */
const shownFor = 1600;

/** Copies text, and shows a confirmation on the button for a while. */
export async function copyText(button: HTMLElement, text: string): Promise<void> {
  const label = button.dataset["label"] ?? button.lastChild?.textContent ?? "";
  button.dataset["label"] = label;
  const say = (words: string): void => {
    if (button.lastChild !== null) button.lastChild.textContent = words;
  };
  try {
    await navigator.clipboard.writeText(text);
    say("Copied");
  } catch {
    // The permission is missing, or the page is not a secure context.
    say("Cannot copy");
  }
  setTimeout(() => say(label), shownFor);
}
