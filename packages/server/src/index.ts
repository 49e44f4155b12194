export { createHandler, type Handler, type HandlerOptions, type ServiceParts } from "./create-handler.ts";
export {
  InputMissingError,
  QueueUnavailableError,
  ServeModelError,
  StorageError,
  StorageInUseError,
  UnknownJobError,
} from "./errors.ts";
export { ApiError, type ApiErrorBody, type ApiErrorOptions } from "./http/api-error.ts";
export type { Readiness, RequestReport, ServiceApp, ServiceVariables } from "./http/app.ts";
export { type ApiKey, hashApiKey } from "./http/keys.ts";
export type {
  AdapterChoice,
  ImageJob,
  ImageSettings,
  ImageTask,
  JobFailure,
  JobOutcome,
  JobPreview,
  JobPriority,
  OutputSettings,
  StoredImage,
} from "./job.ts";
export { defaultLimits, type ServiceLimits } from "./limits.ts";
export {
  type FailureStatus,
  type ModelStatus,
  type Status,
  type StatusRoutesOptions,
  statusRoutes,
  type WorkerStatus,
} from "./pages/status.ts";
export { MemoryQueue, type MemoryQueueOptions, type OutcomeJournal } from "./queue/memory-queue.ts";
export type { Claim, ClaimRequest, FailedJob, JobQueue, QueueLoad, WaitOptions } from "./queue/queue.ts";
export type {
  ImageCall,
  ImageDatum,
  ImageEndpoint,
  ImageEvent,
  ImageService,
  ImagesResponse,
  ImagesResult,
} from "./service/image-service.ts";
export type { ModelCard, ModelObject, ModelSizes } from "./service/model-card.ts";
export type { ModelDirectory } from "./service/model-directory.ts";
export { MemoryStorage, type MemoryStorageOptions } from "./storage/memory-storage.ts";
export type { ImageStorage, PutOptions, StoredEntry } from "./storage/storage.ts";
export type { LoadEvent, ServedModel } from "./worker/model-host.ts";
export type { RunReport } from "./worker/worker.ts";
