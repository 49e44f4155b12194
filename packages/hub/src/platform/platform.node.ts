import { deleteFromCacheOnDisk } from "../node/cache/delete-from-cache.ts";
import { pruneCacheOnDisk } from "../node/cache/prune-cache.ts";
import { scanCacheOnDisk } from "../node/cache/scan-cache.ts";
import { entryKind, openFolder } from "../node/open-folder.ts";
import { openHubInNode } from "../node/open-hub-in-node.ts";
import { openWebInNode } from "../node/open-web-in-node.ts";
import { uploadFilesToHub } from "../node/upload/upload-files-to-hub.ts";
import type { Platform } from "./platform.ts";

/** Node: folders, and a cache on disk. */
export const platform: Platform = {
  readEnvironment: () => process.env,
  entryKind,
  openFolder,
  openHub: openHubInNode,
  openWebFolder: openWebInNode,
  scanCache: scanCacheOnDisk,
  deleteFromCache: deleteFromCacheOnDisk,
  pruneCache: pruneCacheOnDisk,
  uploadFiles: uploadFilesToHub,
};
