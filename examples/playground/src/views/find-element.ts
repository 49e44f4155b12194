/**
 * An element of the page by its id.
 *
 * @throws TypeError if there is no such element, or it is of another type.
 */
export function findElement<Type extends Element>(id: string, kind: abstract new () => Type): Type {
  const element = document.getElementById(id);
  if (element instanceof kind) return element;
  throw new TypeError(`#${id} is no ${kind.name}`);
}

/** The radio buttons of a group. */
export function findRadios(name: string): readonly HTMLInputElement[] {
  return [...document.querySelectorAll<HTMLInputElement>(`input[type="radio"][name="${name}"]`)];
}

/** The value of the checked radio button; `undefined` if none is checked. */
export function chosenRadio(name: string): string | undefined {
  return findRadios(name).find((radio) => radio.checked)?.value;
}

/** Checks the radio button with a value. */
export function chooseRadio(name: string, value: string): void {
  for (const radio of findRadios(name)) radio.checked = radio.value === value;
}
