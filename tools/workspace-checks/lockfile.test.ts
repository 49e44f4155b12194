import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { packages, privateMembers, readJson, root } from "./workspace.ts";

interface Lockfile {
  readonly packages: Readonly<
    Record<string, { readonly link?: boolean; readonly resolved?: string; readonly integrity?: string }>
  >;
}

const locked = Object.entries(readJson<Lockfile>("package-lock.json").packages);

it("the lock file names no registry, so that it works with any", () => {
  const addresses = readFileSync(join(root, "package-lock.json"), "utf8").match(/"resolved": "\w+:.*/g);
  expect(addresses).toBeNull();
});

it("the lock file pins every installed package by its checksum", () => {
  const loose = locked.filter(
    ([path, entry]) => path.includes("node_modules/") && !entry.link && !entry.integrity,
  );
  expect(loose.map(([path]) => path)).toEqual([]);
});

it("the lock file knows every member of the workspace, and no other", () => {
  const members = locked
    .map(([path]) => path)
    .filter((path) => path !== "" && !path.includes("node_modules/"));
  expect(members.toSorted()).toEqual([...packages, ...privateMembers].map(({ folder }) => folder).toSorted());
});
