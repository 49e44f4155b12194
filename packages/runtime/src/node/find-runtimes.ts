import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Which builds of onnxruntime there are for a worker. */
export interface FoundRuntimes {
  /** Whether onnxruntime-node is there, with a library for this machine. */
  readonly native: boolean;
  /** Why it is not. */
  readonly reason: string | undefined;
  /** Whether onnxruntime-web is there. */
  readonly web: boolean;
}

/** The machine, as far as a native library depends on it. */
export interface NativePlatform {
  readonly platform: string;
  readonly architecture: string;
  /** Whether its C library is musl, for which onnxruntime-node has no build. */
  readonly musl: boolean;
}

/** Looks for the packages that the script of a worker would import, without loading them. */
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
