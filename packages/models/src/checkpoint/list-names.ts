const longest = 100;

/** The name of an array for a message: quoted and truncated unless it is a plain name. */
export function shortenName(name: string): string {
  if (name.length <= longest && /^[\w./-]+$/.test(name)) return name;
  return JSON.stringify(name.length > longest ? `${name.slice(0, longest)}…` : name);
}

/** The first of many names, on one line. */
export function listNames(names: readonly string[], maximum: number): string {
  const more = names.length > maximum ? ` and ${names.length - maximum} more` : "";
  return `${names.slice(0, maximum).map(shortenName).join(", ")}${more}`;
}
