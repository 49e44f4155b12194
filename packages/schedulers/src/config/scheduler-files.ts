export { listSchedulerFiles, pushSchedulerConfig } from "./push-scheduler-config.ts";
export { readSchedulerDocument } from "./read-scheduler-document.ts";
export { saveSchedulerConfig } from "./save-scheduler-config.ts";
