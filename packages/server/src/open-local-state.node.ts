import { join } from "node:path";
import { openJournal } from "./queue/journal.node.ts";
import { MemoryQueue } from "./queue/memory-queue.ts";
import type { JobQueue } from "./queue/queue.ts";
import { lockFolder } from "./storage/folder-lock.node.ts";
import { FolderStorage } from "./storage/folder-storage.node.ts";
import { MemoryStorage } from "./storage/memory-storage.ts";
import { RoutedStorage } from "./storage/routed-storage.ts";
import type { ImageStorage } from "./storage/storage.ts";

/** What a service on one machine keeps. */
export interface LocalState {
  readonly queue: JobQueue;
  readonly storage: ImageStorage;
  /** Aborted if another process took the folder. */
  readonly lost: AbortSignal;
  /** Closes the queue and the storage, and gives the folder up. */
  close(): Promise<void>;
}

/**
 * Opens what a service on one machine keeps: files, batches and the outcomes of their jobs in a folder, and images that
 * are fetched at once in memory.
 *
 * @throws StorageInUseError if another process uses the folder.
 * @throws StorageError if the folder cannot be read and written.
 *
 * @example
 * const { queue, storage } = await openLocalState("/var/lib/onestep");
 * const handler = createHandler({ models: { emoji32: {} }, queue, storage });
 */
export async function openLocalState(folder: string): Promise<LocalState> {
  const lock = await lockFolder(folder);
  try {
    const rest = await FolderStorage.open(folder);
    const journal = await openJournal(join(folder, ".journal"));
    const queue = new MemoryQueue({ journal });
    const storage = new RoutedStorage({
      special: new MemoryStorage(),
      prefixes: ["images/", "inputs/"],
      rest,
    });
    return {
      ...{ queue, storage, lost: lock.signal },
      async close() {
        await queue.close();
        await storage.close();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}
