export {
  listSchedulerFiles,
  pushSchedulerConfig,
  readSchedulerDocument,
  saveSchedulerConfig,
} from "./files.ts";
