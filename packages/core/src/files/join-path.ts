import { isUrl } from "../realm.ts";

/** The path of `name` (with forward slashes) in a folder: of the same kind as the folder, a path or a URL. */
export function joinPath(directory: string | URL, name: string): string | URL {
  if (isUrl(directory)) {
    // Not by resolving the name, in which `#`, `?`, `%` and slashes at the front would mean something else.
    const url = new URL(directory.href);
    const segments = name.split("/").filter((segment) => segment !== "");
    url.pathname = `${url.pathname.replace(/\/*$/, "/")}${segments.map(encodeURIComponent).join("/")}`;
    return url;
  }
  return `${directory.replace(/(?<=[^\\/])[\\/]+$/, "").replace(/^[\\/]$/, "")}/${name}`;
}
