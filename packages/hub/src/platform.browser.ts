import { UnsupportedError } from "@onestep/core";
import { openHubInBrowser, openWebInBrowser } from "./browser/open-in-browser.ts";
import type { Platform } from "./platform.ts";

/** Browsers: no folders by path, and a cache in the storage of the site. */
export const platform: Platform = {
  readEnvironment: () => ({}),
  entryKind: async () => "nothing",
  openFolder: async (folder) => {
    throw new UnsupportedError({
      subject: "source of the repository",
      found: `the folder ${folder}`,
      expected: "a Hub id or an http(s): URL, since a browser has no folders",
      remedy: "Serve the folder over HTTP and pass its URL.",
      summary: `The folder ${folder} cannot be opened in a browser.`,
    });
  },
  openHub: openHubInBrowser,
  openWebFolder: openWebInBrowser,
  // Loaded when it is called: few pages do.
  openCache: async (location) =>
    (await import("./browser/browser-cache-tools.ts")).openBrowserCache(location),
  uploadFiles: async () => {
    throw new UnsupportedError({
      subject: "uploadFiles",
      found: "a browser",
      expected: "Node, whose fetch sends files without holding them in memory",
      remedy: "Upload from a program in Node.",
    });
  },
  whoAmI: async () => {
    throw new UnsupportedError({
      subject: "whoAmI",
      found: "a browser",
      expected: "Node, where access tokens are kept",
      remedy: "Call it in Node.",
    });
  },
};
