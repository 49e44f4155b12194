import { UnsupportedError } from "@onestep/core";
import { openHubRanges, openWebRanges } from "../browser/open-range-repository.ts";
import type { Platform } from "./platform.ts";

/** Browsers: no folders, no cache on disk. */
export const platform: Platform = {
  readEnvironment: () => ({}),
  isFolder: async () => false,
  openFolder: async (folder) => {
    throw new UnsupportedError({
      subject: "source of the repository",
      found: `the folder ${folder}`,
      expected: "a Hub id or an http(s): URL, since a browser has no folders",
      remedy: "Serve the folder over HTTP and pass its URL.",
    });
  },
  openHub: openHubRanges,
  openWebFolder: openWebRanges,
  scanCache: refuseCacheTools,
  deleteFromCache: refuseCacheTools,
  pruneCache: refuseCacheTools,
  uploadFiles: async () => {
    throw new UnsupportedError({
      subject: "uploadFiles",
      found: "a browser",
      expected: "Node, whose fetch sends files without holding them in memory",
      remedy: "Upload from a program in Node.",
    });
  },
};

async function refuseCacheTools(): Promise<never> {
  throw new UnsupportedError({
    subject: "cache tools",
    found: "a platform without a disk",
    expected: "Node, where there is a cache on disk",
    remedy: "Browsers keep no models yet.",
  });
}
