export type {
  CachedIncompleteFile,
  CachedRepository,
  CachedRevision,
  CacheLocation,
  CacheProblem,
  CacheReport,
  DeleteFromCacheOptions,
  DeletionReport,
  PruneCacheOptions,
  ScanCacheOptions,
} from "./cache/cache-report.ts";
export { deleteFromCache, pruneCache, scanCache } from "./cache-tools.ts";
export {
  CacheWriteError,
  ConflictError,
  ConnectionError,
  DiskSpaceError,
  EntryNotFoundError,
  FileReadError,
  GatedRepositoryError,
  HubError,
  IntegrityError,
  InvalidTokenError,
  MissingTokenError,
  OfflineError,
  PermissionDeniedError,
  RepositoryNotFoundError,
  RevisionNotFoundError,
  ServerError,
  UnsafePathError,
  UploadRejectedError,
} from "./errors.ts";
export { type GetFilesOptions, getFiles } from "./get-files.ts";
export type { LocalFiles, RepositoryLocation } from "./local-files.ts";
export { type FileLocation, openFile, openRepository } from "./open-repository.ts";
export {
  type OpenRepositoryOptions,
  openRepositoryOptionNames,
  type ReadOptions,
  type Repository,
  type RepositoryFile,
  type RetryOptions,
  type TextOptions,
} from "./repository.ts";
export type { Environment } from "./settings.ts";
export type {
  PushComponentOptions,
  PushedComponent,
  PushOptions,
  UploadFile,
  UploadFilesOptions,
  UploadReport,
} from "./upload/upload-files.ts";
export {
  bytesFile,
  moveFiles,
  pushComponent,
  pushOptionNames,
  uploadFiles,
} from "./upload/upload-files.ts";
export { type HubAccount, type WhoAmIOptions, whoAmI } from "./who-am-i.ts";
