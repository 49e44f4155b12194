import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { toSnakeCase } from "@onestep/core/internal";
import { formatPythonJson } from "@onestep/core/internal/files";
import { schedulerClasses } from "@onestep/schedulers";
import { beforeAll, describe, expect, it } from "vitest";
import type { DocumentedScheduler } from "./documented-scheduler.ts";
import { formatIndex, formatPage, pageName, type SchedulerFacts } from "./format-page.ts";
import { readSchedulers } from "./read-schedulers.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = `${root}docs/schedulers`;
const names = schedulerClasses.map(({ className }) => className);
const outOfDate = "The page is not what the sources say. Run `npm run docs`.";

let schedulers: readonly DocumentedScheduler[] = [];

beforeAll(() => {
  schedulers = readSchedulers(root, names);
}, 120_000);

function factsOf(className: string): SchedulerFacts {
  const schedulerClass = schedulerClasses.find((each) => each.className === className);
  const fields = Object.entries(schedulerClass?.schema.fields ?? {});
  return {
    defaults: Object.fromEntries(
      fields.map(([name, field]) => [name, formatPythonJson(field.defaultJson).trim()]),
    ),
    fileNames: Object.fromEntries(fields.map(([name]) => [name, toSnakeCase(name)])),
    compatibles: schedulerClass?.compatibles ?? [],
  };
}

describe("docs/schedulers", () => {
  it.each(names)("has a page of %s as the sources say", async (className) => {
    const scheduler = schedulers.find((each) => each.className === className);
    expect(scheduler?.text).not.toBe("");
    const page = formatPage(scheduler as DocumentedScheduler, factsOf(className));
    await expect(page, outOfDate).toMatchFileSnapshot(`${folder}/${pageName(className)}`);
  });

  it("has a page that leads to all of them, and no others", async () => {
    await expect(formatIndex(schedulers), outOfDate).toMatchFileSnapshot(`${folder}/README.md`);
    const known = new Set(["README.md", ...names.map(pageName)]);
    // The pages are written when the tests are over.
    const pages = existsSync(folder) ? readdirSync(folder) : [];
    expect(pages.filter((page) => !known.has(page))).toEqual([]);
  });

  it("says of each field of a config what it is, and what it is by default", () => {
    for (const { className, config } of schedulers) {
      const { defaults } = factsOf(className);
      expect(config.fields.map(({ name }) => name).sort()).toEqual(Object.keys(defaults).sort());
      expect(config.fields.filter(({ text }) => text === "")).toEqual([]);
    }
  });

  it("says of each method and property what it is", () => {
    const silent = schedulers.flatMap(({ className, methods, properties }) =>
      [...methods, ...properties].filter(({ text }) => text === "").map(({ name }) => `${className}.${name}`),
    );
    expect(silent).toEqual([]);
  });
});
