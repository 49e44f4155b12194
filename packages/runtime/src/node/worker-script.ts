/** The script of the worker thread. Written so that it holds from src/node and from dist/node: a worker cannot run TypeScript. */
export const workerScript: URL = new URL("../../dist/node/inference-worker.js", import.meta.url);
