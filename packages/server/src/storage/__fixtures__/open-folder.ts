import { FolderStorage } from "../folder-storage.node.ts";

const { id } = await FolderStorage.open(process.argv[2] ?? "");
process.send?.(id);
process.disconnect();
