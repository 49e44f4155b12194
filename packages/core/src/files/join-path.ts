/** The path of `name` (with forward slashes) in a folder: of the same kind as the folder, a path or a URL. */
export function joinPath(directory: string | URL, name: string): string | URL {
  if (directory instanceof URL) return new URL(name, directory.href.replace(/\/*$/, "/"));
  return `${directory.replace(/(?<=[^\\/])[\\/]+$/, "").replace(/^[\\/]$/, "")}/${name}`;
}
