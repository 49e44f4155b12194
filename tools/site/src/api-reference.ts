import { existsSync, readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { Application, type ProjectReflection } from "typedoc";

/** The entry files of the packages, by their names: `onestep`, `@onestep/core` … */
function entryFiles(root: string): ReadonlyMap<string, string> {
  const folders = readdirSync(join(root, "packages"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && readdirSync(join(root, "packages", entry.name)).includes("src"))
    .map(({ name }) => name);
  // A name is documented where it is exported first, and linked to from the others.
  const ordered = folders.toSorted((left, right) => Number(right === "onestep") - Number(left === "onestep"));
  return new Map(
    ordered.flatMap((folder) => {
      const name = folder === "onestep" ? folder : `@onestep/${folder}`;
      const source = join(root, "packages", folder, "src");
      const own: [string, string][] = [[join(source, "index.ts"), name]];
      // `@onestep/server/node`: what needs Node is apart.
      if (existsSync(join(source, "node.ts"))) own.push([join(source, "node.ts"), `${name}/node`]);
      return own;
    }),
  );
}

/**
 * Writes the API reference of all packages as Markdown, a page for each exported name.
 *
 * @param root - the root folder of the repository
 * @param folder - where the pages go
 * @throws Error if the sources do not compile
 */
export async function writeApiReference(root: string, folder: string): Promise<void> {
  const files = entryFiles(root);
  const app = await Application.bootstrapWithPlugins({
    plugin: ["typedoc-plugin-markdown"],
    name: "API reference",
    entryPoints: [...files.keys()],
    tsconfig: join(root, "tsconfig.all.json"),
    basePath: root,
    readme: "none",
    disableGit: true,
    disableSources: true,
    excludeInternal: true,
    excludePrivate: true,
    hideGenerator: true,
    skipErrorChecking: true,
    logLevel: "Error",
    validation: { invalidLink: false, notExported: false, notDocumented: false },
    ...markdownOptions,
  });
  const entryPoints = app.getEntryPoints() ?? [];
  const named = entryPoints.map((entry) => ({
    ...entry,
    displayName: files.get(join(entry.sourceFile.fileName)) ?? relative(root, entry.sourceFile.fileName),
  }));
  const project: ProjectReflection = app.converter.convert(named);
  await app.outputs.writeOutput({ name: "markdown", path: folder }, project);
  if (app.logger.hasErrors()) throw new Error("The API reference could not be written.");
}

/** Options of typedoc-plugin-markdown. */
const markdownOptions: Record<string, unknown> = {
  entryFileName: "index",
  hideBreadcrumbs: true,
  hidePageHeader: true,
  useCodeBlocks: true,
  parametersFormat: "table",
  interfacePropertiesFormat: "table",
  typeAliasPropertiesFormat: "table",
  enumMembersFormat: "table",
  sanitizeComments: true,
};

/** The pages below a folder, relative to it, with forward slashes. */
export function listPages(folder: string): readonly string[] {
  return readdirSync(folder, { encoding: "utf8", recursive: true })
    .map((path) => path.split(sep).join("/"))
    .filter((path) => path.endsWith(".md"))
    .sort();
}
