import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vitepress";
import { listPages, writeApiReference } from "./api-reference.ts";
import { llmsText } from "./llms-text.ts";
import { sections } from "./sidebar.ts";
import { siteName, stagePages } from "./stage-pages.ts";

/** The root folder of the repository. */
export const root: string = fileURLToPath(new URL("../../../", import.meta.url));

interface SidebarItem {
  readonly text: string;
  readonly link?: string;
  readonly collapsed?: boolean;
  readonly items?: readonly SidebarItem[];
}

/** The address of the repository on the web, from the manifest of the root. */
function repositoryAddress(): string {
  const { repository } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return repository.url.replace(/^git\+|\.git$/g, "");
}

function linkOf(page: string): string {
  return `/${siteName(page)
    .replace(/(^|\/)index\.md$/, "$1")
    .replace(/\.md$/, ".html")}`;
}

function sidebar(folder: string): readonly SidebarItem[] {
  const guides = sections.map(({ text, pages }): SidebarItem => {
    const items = Object.entries(pages).map(([title, page]) => ({ text: title, link: linkOf(page) }));
    const [only, ...others] = items;
    return others.length === 0 && only !== undefined ? { text, link: only.link } : { text, items };
  });
  const packagePages = listPages(join(folder, "api")).filter((page) =>
    /^(@onestep\/)?[\w-]+\/index\.md$/.test(page),
  );
  const api = packagePages
    .toSorted((left, right) => Number(left.startsWith("@")) - Number(right.startsWith("@")))
    .map((page) => ({ text: page.replace("/index.md", ""), link: linkOf(`api/${page}`) }));
  const schedulers = listPages(join(folder, "schedulers"))
    .filter((page) => page !== "index.md")
    .map((page) => ({ text: page.replace(".md", ""), link: linkOf(`schedulers/${page}`) }));
  return [
    ...guides,
    { text: "API reference", link: "/api/", collapsed: true, items: api },
    { text: "Schedulers", link: "/schedulers/", collapsed: true, items: schedulers },
  ];
}

/**
 * Builds the documentation site: the pages of `docs` and the API reference. The build fails on a link between pages that
 * leads to no page.
 *
 * @param outDir - the folder that the site goes into
 */
export async function buildSite(outDir: string): Promise<void> {
  // Inside the repository, so that VitePress finds its theme.
  mkdirSync(join(root, "tools/site/dist"), { recursive: true });
  const folder = mkdtempSync(join(root, "tools/site/dist/pages-"));
  try {
    const repository = repositoryAddress();
    stagePages(root, folder, repository);
    mkdirSync(join(folder, "public"));
    const read = (page: string) => readFileSync(join(root, "docs", page), "utf8");
    writeFileSync(join(folder, "public/llms.txt"), llmsText(sections, { read, address: linkOf }));
    await writeApiReference(root, join(folder, "api"));
    const config = {
      title: "Onestep",
      description: "Diffusers for JavaScript",
      outDir,
      cacheDir: join(folder, ".cache"),
      themeConfig: {
        sidebar: sidebar(folder),
        nav: [
          { text: "API reference", link: "/api/" },
          { text: "Schedulers", link: "/schedulers/" },
        ],
        socialLinks: [{ icon: "github", link: repository }],
        search: { provider: "local" },
        outline: "deep",
      },
    };
    mkdirSync(join(folder, ".vitepress"));
    writeFileSync(
      join(folder, ".vitepress/config.mjs"),
      `export default ${JSON.stringify(config, null, 2)};\n`,
    );
    await build(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
