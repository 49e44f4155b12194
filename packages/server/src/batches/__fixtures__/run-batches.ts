import { FileStore } from "../../files/file-store.ts";
import { FolderStorage } from "../../storage/folder-storage.node.ts";
import { BatchRunner } from "../batch-runner.ts";
import { BatchStore } from "../batch-store.ts";
import { FakeService } from "./fake-service.ts";

/** Runs the batches in a folder until it is killed, and tells of each line that is made. */
const storage = await FolderStorage.open(process.argv[2] ?? "");
const service = new FakeService();
service.before = async (prompt) => {
  await new Promise((resolve) => setTimeout(resolve, 3 * Math.random()));
  process.send?.(prompt);
};
const files = new FileStore(storage);
const store = new BatchStore(storage);
new BatchRunner({ store, files, service, linesInFlight: 5, isAlone: true, poll: 20, tick: 20 }).start();
