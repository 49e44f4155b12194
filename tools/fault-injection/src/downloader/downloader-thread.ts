// A thread that downloads once.
import { parentPort, workerData } from "node:worker_threads";
import { download } from "./download.ts";

parentPort?.postMessage(await download(workerData));
