import { MissingRuntimeError } from "../errors/missing-runtime-error.ts";
import type { Device } from "../inference-session.ts";
import { OneTimeWarning } from "../one-time-warning.ts";
import type { FoundRuntimes } from "./find-runtimes.ts";

/** How to get the native library where its own install script has failed: without the script. */
export const howToInstall = "npm install --save-optional --ignore-scripts onnxruntime-node";

const slowRuntime: OneTimeWarning = new OneTimeWarning();

/**
 * The devices of this process but for a GPU, best first. Where onnxruntime-node is not there, `"auto"` is onnxruntime-web,
 * with a warning.
 *
 * @param requested What the caller asked for.
 * @param warning Where the warning is given.
 * @throws MissingRuntimeError where what was asked for is not installed.
 */
export function chooseNodeDevices(
  requested: Device | "auto" | undefined,
  { native, reason, web }: FoundRuntimes,
  warning: OneTimeWarning = slowRuntime,
): readonly Device[] {
  if (requested === "wasm") {
    if (web) return ["wasm"];
    throw missing("onnxruntime-web", "onnxruntime-web is not installed", "npm install onnxruntime-web");
  }
  if (native) return ["cpu"];
  const isAutomatic = requested === undefined || requested === "auto";
  if (web && isAutomatic) {
    warning.give(
      `The model runs on WebAssembly, several times slower than natively, because ${reason}. Run ` +
        `\`${howToInstall}\`, or pass the device "wasm" to leave it at that.`,
    );
    return ["wasm"];
  }
  if (isAutomatic || requested === "cpu") throw missing("onnxruntime-node", String(reason), howToInstall);
  return web ? ["wasm"] : ["cpu"];
}

function missing(subject: string, found: string, command: string): MissingRuntimeError {
  return new MissingRuntimeError({
    subject,
    found: `that ${found}`,
    expected: "version 1.30 or newer of it beside @onestep/runtime",
    remedy: `Run \`${command}\`.`,
  });
}
