import type { SidebarSection } from "./sidebar.ts";

/** The first paragraph of a page as plain text: the first that is no heading, table, list, picture or program. */
export function firstParagraph(page: string): string {
  const paragraphs = page.replace(/^```.*?^```$/gms, "").split(/\n{2,}/);
  const first = paragraphs.find(
    (paragraph) => /^[\w"`*[]/.test(paragraph.trim()) && !/^\d+\./.test(paragraph),
  );
  return (first ?? "")
    .trim()
    .replace(/\s+/g, " ")
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1");
}

/**
 * `llms.txt`: the pages of the site with a sentence about each, for programs that answer questions
 * ([llmstxt.org](https://llmstxt.org)).
 *
 * @param read - the text of a page
 * @param address - the path of a page in the site
 */
export function llmsText(
  sections: readonly SidebarSection[],
  { read, address }: { readonly read: (page: string) => string; readonly address: (page: string) => string },
): string {
  const groups = sections.map(({ text, pages }) => {
    const lines = Object.entries(pages).map(
      ([title, page]) => `- [${title}](${address(page)}): ${firstParagraph(read(page))}`,
    );
    return `## ${text}\n\n${lines.join("\n")}\n`;
  });
  const reference =
    "## Reference\n\n- [API reference](/api/): every export\n- [Schedulers](/schedulers/): a page each\n";
  return `# Onestep\n\n> ${firstParagraph(read("README.md"))}\n\n${[...groups, reference].join("\n")}`;
}
