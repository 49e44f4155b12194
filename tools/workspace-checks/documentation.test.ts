import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { dataPackages, packageOrder } from "./package-order.ts";
import { packages, privateMembers, root } from "./workspace.ts";

const pages = [
  "README.md",
  "CONTRIBUTING.md",
  ...readdirSync(join(root, "docs"), { encoding: "utf8", recursive: true }).map((name) => `docs/${name}`),
  ...[...packages, ...privateMembers].map(({ folder }) => `${folder}/README.md`),
].filter((path) => path.endsWith(".md") && existsSync(join(root, path)));

it("the architecture page lists the packages in their order", () => {
  const rows = readFileSync(join(root, "docs/architecture.md"), "utf8").matchAll(
    /^\| `(@?onestep[^`]*)` \|/gm,
  );
  expect([...rows].map(([, name]) => name)).toEqual([...packageOrder, ...Object.keys(dataPackages)]);
});

it.each(pages)("the links of %s lead somewhere", (page) => {
  const links = readFileSync(join(root, page), "utf8").matchAll(/\]\((?!\w+:|#)([^)#\s]+)/g);
  const broken = [...links]
    .map(([, target]) => target ?? "")
    .filter((target) => !existsSync(join(root, dirname(page), target)));
  expect(broken).toEqual([]);
});
