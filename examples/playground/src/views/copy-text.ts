/** How long a button says that it has copied, in milliseconds. */
const shownFor = 1600;

/** Copies text, and lets the button say so for a while. */
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
    // Without the permission, or on a page that is not secure.
    say("Cannot copy");
  }
  setTimeout(() => say(label), shownFor);
}
