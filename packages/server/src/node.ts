export type { BatchRunner } from "./batches/batch-runner.ts";
export {
  type BulkOptions,
  type BulkProgress,
  type BulkResult,
  readBulkModels,
  runBulk,
} from "./batches/bulk.node.ts";
export { createFrontEnd, type FrontEnd, type FrontEndOptions } from "./create-front-end.ts";
export { type LocalState, openLocalState } from "./open-local-state.node.ts";
export { Activity, type ActivityOptions } from "./operation/activity.ts";
export { startExpiry } from "./operation/expiry.ts";
export { Metrics, type MetricsSources } from "./operation/metrics.ts";
export { addServiceRoutes, type ServiceRouteOptions } from "./operation/service-routes.node.ts";
export { type PageRoutesOptions, pageRoutes } from "./pages/pages.node.ts";
export { type QueueDashboardOptions, queueDashboard } from "./pages/queue-dashboard.ts";
export type { Status } from "./pages/status.ts";
export { type OpenQueueOptions, openQueue } from "./queue/bullmq-queue.ts";
export { type RunningServer, type ServerOptions, startServer } from "./start-server.ts";
export { FolderStorage } from "./storage/folder-storage.node.ts";
export { openStorage, type StorageEnvironment } from "./storage/open-storage.node.ts";
export type { S3Credentials, S3Location } from "./storage/s3-client.ts";
export { S3Storage } from "./storage/s3-storage.ts";
export { type RunningWorker, type StartWorkerOptions, startWorker } from "./worker/start-worker.ts";
