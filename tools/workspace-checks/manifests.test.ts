import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  codePackages,
  conditionLeaves,
  type Manifest,
  packages,
  privateMembers,
  readJson,
  root,
  runtimeDependencies,
} from "./workspace.ts";

const rootManifest = readJson<Manifest>("package.json");
const publicVersions = new Map(packages.map(({ manifest }) => [manifest.name, manifest.version]));

/** The address of the repository on the web. The root's manifest is the one place that says it. */
const repository = readJson<{ repository: { url: string } }>("package.json").repository.url;
const address = repository.replace(/^git\+|\.git$/g, "");

/** Scripts of workers: importing one is all that is done with it. Everything else is dropped where it is not used. */
const filesWithEffects: Readonly<Record<string, readonly string[]>> = {
  "@onestep/runtime": [
    "./dist/worker/node/inference-worker.js",
    "./dist/inference-worker-*.js",
    "./src/worker/node/inference-worker.ts",
    "./src/inference-worker-*.ts",
  ],
};

/** What packages publish and build beside `dist`. */
const builtFolders: Readonly<Record<string, { readonly folder: string; readonly command: string }>> = {
  "@onestep/server": {
    folder: "playground",
    command:
      "vite build ../../examples/playground --mode service --outDir ../../packages/server/playground --emptyOutDir --logLevel error",
  },
};

/** The source that a file in `dist` is compiled from. */
function sourceOf(path: string): string {
  return path.replace("./dist/", "./src/").replace(/(\.d\.ts|\.js)$/, ".ts");
}

describe.each(packages)("$manifest.name", ({ folder, manifest }) => {
  it("says what it is and how it may be used", () => {
    expect(manifest).toMatchObject({
      description: expect.stringMatching(/\S{2}/),
      license: "Apache-2.0",
      type: "module",
      engines: rootManifest["engines"],
      sideEffects: filesWithEffects[manifest.name] ?? false,
      publishConfig: { access: "public", provenance: true },
      keywords: expect.arrayContaining(["consistency-models", "diffusers"]),
      author: "The Onestep authors",
      repository: { type: "git", url: repository, directory: folder },
      bugs: { url: `${address}/issues` },
      homepage: manifest.name === "onestep" ? `${address}#readme` : `${address}/tree/main/${folder}#readme`,
    });
    expect(manifest.version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(manifest.private).toBeUndefined();
  });

  it("stands in the folder of its name", () => {
    expect(folder).toBe(`packages/${manifest.name.replace("@onestep/", "")}`);
  });

  it("has the repository's licence and a README", () => {
    const read = (path: string) => readFileSync(join(root, path), "utf8");
    expect(read(`${folder}/LICENSE`)).toBe(read("LICENSE"));
    expect(read(`${folder}/README.md`)).toMatch(/^# \S+/m);
  });

  it("exports its manifest", () => {
    expect(manifest.exports).toMatchObject({ "./package.json": "./package.json" });
  });

  it("asks for the other packages at their current versions", () => {
    for (const [name, range] of Object.entries(runtimeDependencies(manifest))) {
      const version = publicVersions.get(name);
      // A peer that leaves its range makes a release of this package a major one, so a peer's range is wide.
      const expected =
        manifest.peerDependencies?.[name] === undefined ? `^${version}` : `${version?.split(".")[0]}.x`;
      if (version !== undefined) expect(range, name).toBe(expected);
    }
  });
});

describe.each(codePackages)("$manifest.name, which has code,", ({ folder, manifest }) => {
  const built = builtFolders[manifest.name];

  it("has the scripts that nx runs", () => {
    const compile = "node -e \"fs.rmSync('dist', { recursive: true, force: true })\" && tsc -b tsconfig.json";
    expect(manifest.scripts).toMatchObject({
      build: built === undefined ? compile : `${compile} && ${built.command}`,
      test: `vitest run --root ../.. --project node ${folder}/`,
      "check-package": "publint --strict && attw --pack . --profile esm-only",
    });
  });

  it("publishes what it compiled and its sources, without tests", () => {
    expect(manifest["files"]).toEqual([
      ...(manifest.bin === undefined ? [] : ["bin"]),
      "dist",
      ...(built === undefined ? [] : [built.folder]),
      "src",
      "!src/**/*.test.ts",
      "!src/**/__fixtures__",
      "!**/*.tsbuildinfo",
    ]);
  });

  const entries = Object.entries({ ...manifest.exports, ...manifest.imports }).filter(
    ([name]) => name !== "./package.json",
  );

  it.each(entries)("resolves %s from source here and from dist elsewhere", (_name, tree) => {
    expect(tree).toBeTypeOf("object");
    expect(Object.keys(tree)[0]).toBe("@onestep/source");
    expect(Object.keys(tree).at(-1)).toBe("default");
    const leaves = conditionLeaves(tree);
    const sources = leaves.filter(({ conditions }) => conditions[0] === "@onestep/source");
    const compiled = leaves.filter(({ conditions }) => conditions[0] !== "@onestep/source");
    for (const { path } of sources) {
      expect(path).toMatch(/^\.\/src\/.+\.ts$/);
      expect(existsSync(join(root, folder, path)), path).toBe(true);
    }
    for (const { conditions, path } of compiled) {
      expect(path).toMatch(conditions.at(-1) === "types" ? /^\.\/dist\/.+\.d\.ts$/ : /^\.\/dist\/.+\.js$/);
      expect(sources.map((source) => source.path)).toContain(sourceOf(path));
    }
  });

  // npm links a program while it installs, when nothing is compiled yet: only a file that is there is linked.
  it.each(Object.entries(manifest.bin ?? {}))(
    "starts its program %s from a file under version control",
    (_name, path) => {
      const program = readFileSync(join(root, folder, path), "utf8");
      const [, target = ""] =
        /^#!\/usr\/bin\/env node\nimport "\.\.\/(dist\/.+\.js)";\n$/.exec(program) ?? [];
      expect(existsSync(join(root, folder, sourceOf(`./${target}`)))).toBe(true);
    },
  );
});

it.each(privateMembers)("$folder is not published", ({ manifest }) => {
  expect(manifest).toMatchObject({ private: true, type: "module", version: "0.0.0" });
});

it("all members ask for the same version of what they share", () => {
  const versions = new Map<string, Set<string>>();
  for (const { manifest } of [...packages, ...privateMembers, { manifest: rootManifest }]) {
    const wanted = { ...runtimeDependencies(manifest), ...manifest.devDependencies };
    for (const [name, range] of Object.entries(wanted)) {
      versions.set(name, (versions.get(name) ?? new Set()).add(range.replace(/^\^/, "")));
    }
    // A peer that is also installed for the tests is listed twice.
    for (const [name, range] of Object.entries(manifest.peerDependencies ?? {})) {
      versions.get(name)?.add(range.replace(/^\^/, ""));
    }
  }
  // Whatever sharp a program has: another one would make copies of every package.
  versions.get("sharp")?.delete(">=0.33.0");
  // The peers among the packages have a wide range, which is checked above.
  for (const name of publicVersions.keys()) versions.get(name)?.delete("0.x");
  const disagreements = [...versions].filter(([, ranges]) => ranges.size > 1);
  expect(disagreements).toEqual([]);
});

// Strict package managers give a package only the peers that all packages between pass on.
it.each(packages)("$manifest.name passes on the peers of what it depends on", ({ manifest }) => {
  const own = runtimeDependencies(manifest);
  for (const { manifest: other } of packages) {
    if (manifest.dependencies?.[other.name] === undefined) continue;
    for (const peer of Object.keys(other.peerDependencies ?? {})) expect(Object.keys(own)).toContain(peer);
  }
});

it("no package runs a script while it installs, and no script hides before or after another", () => {
  expect(readFileSync(join(root, ".npmrc"), "utf8")).toContain("ignore-scripts=true\n");
  const scripts = [...packages, ...privateMembers, { manifest: rootManifest }].flatMap(({ manifest }) =>
    Object.keys(manifest.scripts ?? {}),
  );
  const hidden = scripts.filter(
    (name) =>
      /^(?:pre|post)?install$|^prepare$|^(?:pre|post)publish/.test(name) ||
      scripts.some((other) => name === `pre${other}` || name === `post${other}`),
  );
  expect(hidden).toEqual([]);
});
