import { makeElement } from "./make-element.ts";

/** Gives the person a file, as the browser does with downloads. */
export function saveFile(url: string, name: string): void {
  const link = makeElement("a", { attributes: { href: url, download: name } });
  document.body.append(link);
  link.click();
  link.remove();
}
