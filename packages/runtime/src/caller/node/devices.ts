import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Device } from "../../backend.ts";
import { MissingRuntimeError } from "../../errors.ts";
import { OneTimeWarning } from "../one-time-warning.ts";

/** How to get the native library if its install script failed: without the script. */
export const howToInstall = "npm install --save-optional --ignore-scripts onnxruntime-node";

const slowRuntime: OneTimeWarning = new OneTimeWarning();

/** The builds of onnxruntime available to a worker. */
export interface FoundRuntimes {
  /** Whether onnxruntime-node is installed, with a library for this machine. */
  readonly native: boolean;
  /** Why it is not available. */
  readonly reason: string | undefined;
  /** Whether onnxruntime-web is installed. */
  readonly web: boolean;
}

/** The platform properties that matter for a native library. */
export interface NativePlatform {
  readonly platform: string;
  readonly architecture: string;
  /** Whether its C library is musl, for which onnxruntime-node has no build. */
  readonly musl: boolean;
}

/** Finds the packages that the worker script would import, without loading them. */
export function findRuntimes(script: URL, machine: NativePlatform = thisMachine()): FoundRuntimes {
  const { resolve } = process.getBuiltinModule("node:module").createRequire(script);
  const find = (path: string): string | undefined => {
    try {
      return resolve(path);
    } catch {
      return undefined;
    }
  };
  const manifest = find("onnxruntime-node/package.json");
  const native = manifest !== undefined && hasLibrary(join(manifest, "../bin"), machine);
  const installed = `onnxruntime-node has no library for ${machine.platform}-${machine.architecture}`;
  return {
    native,
    reason: native
      ? undefined
      : manifest === undefined
        ? "onnxruntime-node is not installed"
        : `${installed}${machine.musl ? " with musl" : ""}`,
    web: find("onnxruntime-web") !== undefined,
  };
}

function hasLibrary(folder: string, { platform, architecture, musl }: NativePlatform): boolean {
  if (musl || !existsSync(folder)) return false;
  const library = join(platform, architecture, "onnxruntime_binding.node");
  return readdirSync(folder).some((version) => existsSync(join(folder, version, library)));
}

function thisMachine(): NativePlatform {
  const { platform, arch } = process;
  return { platform, architecture: arch, musl: platform === "linux" && existsSync("/etc/alpine-release") };
}

/**
 * The devices of this process except GPUs, best first. Without onnxruntime-node, `"auto"` is onnxruntime-web, with a
 * warning.
 *
 * @param requested The requested device.
 * @param warning Gives the warning.
 * @throws MissingRuntimeError if the requested package is not installed.
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
