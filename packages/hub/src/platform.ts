import type { Cache, CacheLocation } from "./cache/cache-report.ts";
import type { OpenRepositoryOptions, Repository } from "./repository.ts";
import type { Environment } from "./settings.ts";
import type { UploadFile, UploadFilesOptions, UploadReport } from "./upload/upload-files.ts";
import type { HubAccount, WhoAmIOptions } from "./who-am-i.ts";

/** What differs between Node and browsers. `#platform` gives the one that fits. */
export interface Platform {
  /** The environment variables of the process; none in a browser. */
  readonly readEnvironment: () => Environment;
  /** What is at a path; in a browser nothing. */
  readonly entryKind: (path: string) => Promise<"a folder" | "a file" | "nothing">;
  readonly openFolder: (folder: string | URL) => Promise<Repository>;
  readonly openHub: (request: HubRequest, options: OpenRepositoryOptions) => Promise<Repository>;
  readonly openWebFolder: (url: URL, options: OpenRepositoryOptions) => Promise<Repository>;
  /** Opens a cache for the cache tools. @throws UnsupportedError in a browser that gives the page no storage. */
  readonly openCache: (location: CacheLocation) => Promise<Cache>;
  readonly uploadFiles: (
    request: HubRequest,
    files: readonly UploadFile[],
    options: UploadFilesOptions,
  ) => Promise<UploadReport>;
  readonly whoAmI: (
    request: Pick<HubRequest, "endpoint" | "environment">,
    options: WhoAmIOptions,
  ) => Promise<HubAccount>;
}

/** Which repository of the Hub to open, or to change. */
export interface HubRequest {
  readonly id: string;
  readonly revision: string;
  readonly endpoint: URL;
  readonly environment: Environment;
}
