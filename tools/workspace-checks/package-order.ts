/**
 * The packages from the ground up. A package imports only packages that stand before it.
 *
 * The same table, with reasons, is in `docs/architecture.md`.
 */
export const packageOrder: readonly string[] = [
  "@onestep/core",
  "@onestep/hub",
  "@onestep/schedulers",
  "@onestep/graph",
  "@onestep/runtime",
  "@onestep/models",
  "@onestep/pipelines",
  "@onestep/server",
  "@onestep/ai-sdk",
  "onestep",
];

/** Packages that hold data and no code, and the packages that may depend on them. */
export const dataPackages: Readonly<Record<string, readonly string[]>> = {
  "@onestep/emoji32": ["@onestep/pipelines", "@onestep/server", "@onestep/ai-sdk", "onestep"],
};

/** Packages that may be loaded only when they are needed, by the package that loads them. */
export const lazyImports: Readonly<Record<string, readonly string[]>> = {
  "@onestep/schedulers": ["@onestep/hub"],
};

/** Whether `importer` may import `imported`, both packages of this repository. */
export function mayImport(importer: string, imported: string): boolean {
  const users = dataPackages[imported];
  if (users !== undefined) return users.includes(importer);
  const place = packageOrder.indexOf(imported);
  return place !== -1 && place < packageOrder.indexOf(importer);
}
