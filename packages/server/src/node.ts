export { createFrontEnd, type FrontEnd, type FrontEndOptions } from "./create-front-end.ts";
export { type RunningServer, type ServerOptions, startServer } from "./start-server.ts";
export { type RunningWorker, type StartWorkerOptions, startWorker } from "./worker/start-worker.ts";
