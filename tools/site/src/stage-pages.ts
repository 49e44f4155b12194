import { cpSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { listPages } from "./api-reference.ts";

/** Where a page is in the site: a `README.md` is the index of its folder. */
export function siteName(page: string): string {
  return page.replace(/(^|\/)README\.md$/, "$1index.md");
}

/**
 * A page of `docs` as the site has it. Links to other pages stay, links to a `README.md` lead to the index of its
 * folder, and links that leave `docs` lead to the file in the repository on the web.
 *
 * @param page - the page, relative to `docs`
 * @param root - the root folder of the repository
 * @param repository - the address of the repository on the web
 */
export function pageForSite(text: string, page: string, root: string, repository: string): string {
  // Vite takes `images/a.png` in a tag for a package.
  const relativeImages = text.replace(/\b(src|srcset)="(?!\w+:|[./])/g, '$1="./');
  return relativeImages.replace(/\]\((?!\w+:|#)([^)#\s]+)/g, (_link, target: string) => {
    const path = posix.join("docs", posix.dirname(page), target);
    if (path.startsWith("docs/")) return `](${target.endsWith("README.md") ? siteName(target) : target}`;
    const isFolder = existsSync(join(root, path)) && statSync(join(root, path)).isDirectory();
    return `](${repository}/${isFolder ? "tree" : "blob"}/main/${path}`;
  });
}

/** Copies `docs` into the folder that the site is built from. */
export function stagePages(root: string, folder: string, repository: string): void {
  const docs = join(root, "docs");
  cpSync(docs, folder, { recursive: true, filter: (path) => !path.endsWith(".md") });
  for (const page of listPages(docs)) {
    const text = pageForSite(readFileSync(join(docs, page), "utf8"), page, root, repository);
    const target = join(folder, siteName(page));
    if (!existsSync(dirname(target))) throw new Error(`The folder of ${page} was not copied.`);
    writeFileSync(target, text);
  }
}
