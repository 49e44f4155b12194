import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** One condition of `exports` or `imports`: a path, or more conditions. */
export type ConditionTree = string | { readonly [condition: string]: ConditionTree };

/** The parts of a package.json that the checks read. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, ConditionTree>>;
  readonly imports?: Readonly<Record<string, ConditionTree>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** A member of the workspace. */
export interface Member {
  /** Its folder, relative to the root, with forward slashes. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** The root folder of the repository. */
export const root: string = fileURLToPath(new URL("../../", import.meta.url));

/** A JSON file of the repository. */
export function readJson<Content>(path: string): Content {
  return JSON.parse(readFileSync(join(root, path), "utf8"));
}

function membersIn(parent: string): readonly Member[] {
  return readdirSync(join(root, parent))
    .map((name) => `${parent}/${name}`)
    .filter((folder) => existsSync(join(root, folder, "package.json")))
    .map((folder) => ({ folder, manifest: readJson<Manifest>(`${folder}/package.json`) }));
}

/** What is published: every folder of `packages/`. */
export const packages: readonly Member[] = membersIn("packages");

/** What is published and holds code. */
export const codePackages: readonly Member[] = packages.filter(({ folder }) =>
  existsSync(join(root, folder, "src")),
);

/** An application with packages of its own, which the rehearsal of a release installs. */
const notMember = "examples/nextjs";

/** What is not published: `tools/*`, `examples` and what is in there. */
export const privateMembers: readonly Member[] = [
  ...membersIn("tools"),
  ...membersIn("examples").filter(({ folder }) => folder !== notMember),
  { folder: "examples", manifest: readJson<Manifest>("examples/package.json") },
];

/** The names of the workspace's members. */
export const memberNames: ReadonlySet<string> = new Set(
  [...packages, ...privateMembers].map(({ manifest }) => manifest.name),
);

/** What a published package needs at run time, name → range: dependencies, peers and optional ones. */
export function runtimeDependencies(manifest: Manifest): Readonly<Record<string, string>> {
  return { ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.optionalDependencies };
}

/** Every TypeScript file below a folder of the repository, relative to the root, sorted. */
export function typeScriptFiles(folder: string): readonly string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        return entry.name === "node_modules" || entry.name === "dist" ? [] : typeScriptFiles(path);
      }
      return entry.name.endsWith(".ts") ? [path] : [];
    })
    .sort();
}

/** Every path at the leaves of `exports` or `imports`, with the conditions that lead to it. */
export function conditionLeaves(
  tree: ConditionTree,
  conditions: readonly string[] = [],
): readonly { readonly conditions: readonly string[]; readonly path: string }[] {
  if (typeof tree === "string") return [{ conditions, path: tree }];
  return Object.entries(tree).flatMap(([condition, branch]) =>
    conditionLeaves(branch, [...conditions, condition]),
  );
}
