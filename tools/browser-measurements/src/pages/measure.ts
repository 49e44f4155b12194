import { loadModel } from "./load-model.ts";
import { storageTasks } from "./storage-tasks.ts";

// What the program calls in the page.
Object.assign(globalThis, { measure: { loadModel, ...storageTasks } });
