import { makeElement } from "./make-element.ts";

/** Saves a file for the user, as a browser download. */
export function saveFile(url: string, name: string): void {
  const link = makeElement("a", { attributes: { href: url, download: name } });
  document.body.append(link);
  link.click();
  link.remove();
}
