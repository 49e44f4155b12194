/** A group of pages in the site's navigation: for each page, the link text and the file in `docs`. */
export interface SidebarSection {
  readonly text: string;
  readonly pages: Readonly<Record<string, string>>;
}

/** The navigation of the site. The API reference and the schedulers follow; their pages are generated. */
export const sections: readonly SidebarSection[] = [
  {
    text: "Getting started",
    pages: { Overview: "README.md", "Getting started": "getting-started.md" },
  },
  {
    text: "Guides",
    pages: {
      "Text to image": "guides/text-to-image.md",
      "Editing images": "guides/editing.md",
      Schedulers: "guides/schedulers.md",
      Pipelines: "guides/pipelines.md",
      "Models and the Hub": "guides/hub.md",
      "In the browser": "guides/browser.md",
      "Models in the browser": "guides/browser-models.md",
      "A service for images": "guides/service.md",
      "Many machines": "guides/many-machines.md",
      Servers: "guides/servers.md",
      Playground: "playground.md",
    },
  },
  { text: "Concepts", pages: { Concepts: "concepts.md", Architecture: "architecture.md" } },
  {
    text: "Coming from diffusers",
    pages: {
      "Coming from diffusers": "coming-from-diffusers.md",
      "Differences from Python": "differences.md",
    },
  },
  { text: "Frameworks", pages: { Frameworks: "frameworks.md" } },
  { text: "Troubleshooting", pages: { Troubleshooting: "troubleshooting.md" } },
  { text: "What works", pages: { "What works": "models.md" } },
  { text: "Gallery", pages: { Gallery: "gallery.md" } },
  { text: "Benchmarks", pages: { Benchmarks: "benchmarks.md" } },
];
