import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileProject } from "../../vitest/compile-project.ts";
import { listPages } from "./api-reference.ts";
import { root } from "./build-site.ts";
import { sections } from "./sidebar.ts";

let folder = "";
const pages = new Map<string, string>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "onestep-site-"));
  // In a process of its own, since VitePress brings another Vite than the tests'.
  await compileProject("tools/site");
  await promisify(execFile)(process.execPath, [join(root, "tools/site/dist/main.js"), folder]);
  for (const name of readdirSync(folder, { encoding: "utf8", recursive: true })) {
    const path = name.replaceAll("\\", "/");
    if (path.endsWith(".html")) pages.set(path, readFileSync(join(folder, path), "utf8"));
  }
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The links of a page inside the site: the file, and the heading. */
function* internalLinks(path: string, html: string): Generator<{ file: string; heading: string }> {
  for (const [, href = ""] of html.matchAll(/<a\b[^>]*?\bhref="([^"]*)"/g)) {
    if (/^\w+:/.test(href)) continue;
    const [target = "", heading = ""] = href.split("#");
    const file =
      target === "" ? path : posix.join("/", target.startsWith("/") ? "" : posix.dirname(path), target);
    yield {
      file: file.replace(/^\//, "").replace(/(^|\/)$/, "$1index.html"),
      heading: decodeURIComponent(heading),
    };
  }
}

describe("the documentation site", () => {
  it("has a page for each page of docs, and for what packages export", () => {
    const expected = listPages(join(root, "docs")).map((page) =>
      page.replace(/README\.md$/, "index.html").replace(/\.md$/, ".html"),
    );
    expect([...pages.keys()]).toEqual(
      expect.arrayContaining([
        ...expected,
        "api/index.html",
        "api/onestep/index.html",
        "api/onestep/classes/Tensor.html",
        "api/onestep/classes/ConsistencyModelPipeline.html",
        "api/@onestep/graph/functions/conv2d.html",
        "api/@onestep/server/functions/createHandler.html",
        "api/@onestep/server/node/functions/openQueue.html",
        "api/@onestep/ai-sdk/functions/createOnestep.html",
      ]),
    );
  });

  it("has no link inside that leads to no page or heading", () => {
    const broken = [...pages].flatMap(([path, html]) =>
      [...internalLinks(path, html)]
        .filter(({ file, heading }) => {
          const target = pages.get(file);
          if (target === undefined) return !existsSync(join(folder, file));
          return heading !== "" && !target.includes(`id="${heading}"`);
        })
        .map(({ file, heading }) => `${path}: ${file}#${heading}`),
    );
    expect(broken).toEqual([]);
  });

  it("lists every page of docs in its navigation", () => {
    const listed = sections.flatMap((section) => Object.values(section.pages)).sort();
    const written = listPages(join(root, "docs")).filter((page) => !page.startsWith("schedulers/"));
    expect(listed).toEqual(written.toSorted());
  });

  it("has llms.txt, which names every page", () => {
    const text = readFileSync(join(folder, "llms.txt"), "utf8");
    const missing = sections
      .flatMap((section) => Object.keys(section.pages))
      .filter((title) => !new RegExp(`^- \\[${title}\\]\\(/[^)]*\\): \\S`, "m").test(text));
    expect(missing).toEqual([]);
    expect(text).toMatch(/^# Onestep\n\n> \S/);
  });
});
