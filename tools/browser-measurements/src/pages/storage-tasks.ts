const mebibyte = 1024 * 1024;
const name = "measured";
const pieceBytes = 32 * mebibyte;

/** As many bytes as a checkpoint has, as they come from a network. */
function source(byteCount: number, chunkBytes: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  const pattern = crypto.getRandomValues(new Uint8Array(65_536));
  let left = byteCount;
  return new ReadableStream(
    {
      pull: (controller) => {
        if (left === 0) return controller.close();
        const chunk = new Uint8Array(Math.min(chunkBytes, left));
        for (let start = 0; start < chunk.length; start += pattern.length) {
          chunk.set(pattern.subarray(0, chunk.length - start), start);
        }
        left -= chunk.length;
        controller.enqueue(chunk);
      },
    },
    { highWaterMark: 0 },
  );
}

async function filePieces(): Promise<FileSystemDirectoryHandle> {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(name, { create: true });
}

let opened: Blob = new Blob();

/** What is measured in each kind of storage, by name. Each resolves when it is done. */
export const storageTasks: Readonly<Record<string, (byteCount: number) => Promise<void>>> = {
  /** Files of 32 MiB in the origin private file system, as the cache writes them. */
  writeFiles: async (byteCount) => {
    const folder = await filePieces();
    let writable: FileSystemWritableFileStream | undefined;
    let position = 0;
    for await (const chunk of source(byteCount, mebibyte)) {
      const piece = String(Math.floor(position / pieceBytes));
      writable ??= await (await folder.getFileHandle(piece, { create: true })).createWritable();
      await writable.write(chunk);
      position += chunk.length;
      if (position % pieceBytes !== 0) continue;
      await writable.close();
      writable = undefined;
    }
    await writable?.close();
  },
  openFiles: async (byteCount) => {
    const folder = await filePieces();
    const pieces: File[] = [];
    for (let index = 0; index * pieceBytes < byteCount; index += 1) {
      pieces.push(await (await folder.getFileHandle(String(index))).getFile());
    }
    opened = new Blob(pieces);
  },
  /** One answer in the Cache API. */
  writeCache: async (byteCount) => {
    const cache = await caches.open(name);
    await cache.put(`/${name}`, new Response(source(byteCount, mebibyte)));
  },
  openCache: async () => {
    const answer = await (await caches.open(name)).match(`/${name}`);
    opened = (await answer?.blob()) ?? new Blob();
  },
  /** The bytes in order, as a hash takes them. */
  readAll: async (byteCount) => {
    let count = 0;
    for await (const chunk of opened.stream()) count += chunk.length;
    if (count !== byteCount) throw new Error(`read ${count} bytes of ${byteCount}`);
  },
  /** 200 arrays of 1 MiB from all over, as a runtime takes them. */
  readParts: async (byteCount) => {
    for (let index = 0; index < 200; index += 1) {
      const start = (index * 7919 * mebibyte) % (byteCount - mebibyte);
      const part = await opened.slice(start, start + mebibyte).arrayBuffer();
      if (part.byteLength !== mebibyte) throw new Error(`read ${part.byteLength} bytes of a part`);
    }
  },
  clear: async () => {
    opened = new Blob();
    await caches.delete(name);
    const root = await navigator.storage.getDirectory();
    await root.removeEntry(name, { recursive: true }).catch(() => {});
  },
};
