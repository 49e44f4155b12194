import { OnestepError } from "@onestep/core";
import { lockFolder } from "../folder-lock.node.ts";

try {
  const lock = await lockFolder(process.argv[2] ?? "");
  process.send?.("held");
  process.on("message", () => void lock.release().then(() => process.exit(0)));
} catch (error) {
  process.send?.(OnestepError.isInstance(error) ? `${error.code}: ${error.message}` : String(error));
  process.disconnect();
}
