export { createFrontEnd, type FrontEnd, type FrontEndOptions } from "./create-front-end.ts";
export { type LocalState, openLocalState } from "./open-local-state.node.ts";
export { startExpiry } from "./operation/expiry.ts";
export { Metrics, type MetricsSources } from "./operation/metrics.ts";
export { type RunningServer, type ServerOptions, startServer } from "./start-server.ts";
export { FolderStorage } from "./storage/folder-storage.node.ts";
export { openStorage, type StorageEnvironment } from "./storage/open-storage.node.ts";
export { S3Storage } from "./storage/s3-storage.ts";
export { type RunningWorker, type StartWorkerOptions, startWorker } from "./worker/start-worker.ts";
