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
export { deleteFromCache, pruneCache, scanCache } from "./cache/cache-tools.ts";
export type { Environment } from "./environment/environment.ts";
export { CacheWriteError } from "./errors/cache-write-error.ts";
export { ConflictError } from "./errors/conflict-error.ts";
export { ConnectionError } from "./errors/connection-error.ts";
export { DiskSpaceError } from "./errors/disk-space-error.ts";
export { EntryNotFoundError } from "./errors/entry-not-found-error.ts";
export { FileReadError } from "./errors/file-read-error.ts";
export { GatedRepositoryError } from "./errors/gated-repository-error.ts";
export { HubError } from "./errors/hub-error.ts";
export { IntegrityError } from "./errors/integrity-error.ts";
export { InvalidTokenError } from "./errors/invalid-token-error.ts";
export { MissingTokenError } from "./errors/missing-token-error.ts";
export { OfflineError } from "./errors/offline-error.ts";
export { PermissionDeniedError } from "./errors/permission-denied-error.ts";
export { RepositoryNotFoundError } from "./errors/repository-not-found-error.ts";
export { RevisionNotFoundError } from "./errors/revision-not-found-error.ts";
export { ServerError } from "./errors/server-error.ts";
export { UnsafePathError } from "./errors/unsafe-path-error.ts";
export { UploadRejectedError } from "./errors/upload-rejected-error.ts";
export { type GetFilesOptions, getFiles } from "./get-files.ts";
export type { LocalFiles, RepositoryLocation } from "./local/local-files.ts";
export { type FileLocation, openFile } from "./open-file.ts";
export { openRepository } from "./open-repository.ts";
export type {
  OpenRepositoryOptions,
  ReadOptions,
  Repository,
  RepositoryFile,
  RetryOptions,
  TextOptions,
} from "./repository.ts";
export { bytesFile } from "./upload/bytes-file.ts";
export { moveFiles } from "./upload/move-files.ts";
export { type PushComponentOptions, type PushedComponent, pushComponent } from "./upload/push-component.ts";
export type { UploadFile } from "./upload/upload-file.ts";
export { uploadFiles } from "./upload/upload-files.ts";
export type { PushOptions, UploadFilesOptions, UploadReport } from "./upload/upload-files-options.ts";
