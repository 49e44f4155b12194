export { deleteFromBrowserCache } from "./delete-from-browser-cache.ts";
export { pruneBrowserCache } from "./prune-browser-cache.ts";
export { scanBrowserCache } from "./scan-browser-cache.ts";
