import { fileURLToPath } from "node:url";

/** @type {typeof import("./emoji32.d.ts").emoji32} */
export async function emoji32() {
  return fileURLToPath(new URL(".", import.meta.url));
}
