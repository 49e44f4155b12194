// A fake Hub with one large file, in a process of its own, since it holds the file in memory.
import { startFakeHub } from "@onestep/fake-hub";
import { downloadedFile } from "./memory-task.ts";

const bytes = new Uint8Array(downloadedFile.bytes);
for (let index = 0; index < bytes.length; index += 4096) bytes[index] = index >> 12;
const hub = await startFakeHub({
  repositories: { [downloadedFile.repository]: { files: { [downloadedFile.path]: { bytes, lfs: true } } } },
});
process.send?.(hub.endpoint);
process.once("disconnect", () => process.exit());
