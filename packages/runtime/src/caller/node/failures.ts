import { errorCode } from "@onestep/core/internal";
import { MissingRuntimeError } from "../../errors.ts";
import { WorkerCallError } from "../connection.ts";
import { howToInstall } from "./devices.ts";

/**
 * Whether onnxruntime-node fails to load because the process has loaded another version: of two native libraries with
 * the same name, only the first is loaded.
 */
export function isOtherRuntime(error: unknown): boolean {
  const failure = importFailure(error);
  return failure !== undefined && /\bVERS_[\d.]+|API version \[\d+\] is not available/.test(failure.message);
}

/** The typed error if onnxruntime does not load. Other errors are returned unchanged. */
export function translateImportFailure(error: unknown): unknown {
  const failure = importFailure(error);
  if (failure === undefined) return error;
  const { message, code } = failure;
  const fail = (subject: string, found: string, expected: string, remedy: string): MissingRuntimeError =>
    new MissingRuntimeError({ subject, found, expected, remedy }, { cause: error });
  const name = message.includes("onnxruntime-web") ? "onnxruntime-web" : "onnxruntime-node";
  if (code === "ERR_DLOPEN_DISABLED") {
    return fail(
      name,
      "a process that may not load native libraries, by Node's permission model or --no-addons",
      "the flag --allow-addons",
      'Start Node with --allow-addons and without --no-addons, or pass the device "wasm".',
    );
  }
  if (isOtherRuntime(error)) {
    return fail(
      name,
      `another version of it, which this process has loaded already: ${message}`,
      "one version of onnxruntime in a process",
      "Give both packages one version (`overrides` in package.json), or use one of them in a process of its own " +
        '(child_process), or pass the device "wasm".',
    );
  }
  if (isMissing(message, code)) {
    return fail(
      name,
      "no such package",
      "version 1.30 or newer of it beside @onestep/runtime",
      name === "onnxruntime-web" ? "Run `npm install onnxruntime-web`." : `Run \`${howToInstall}\`.`,
    );
  }
  return fail(
    name,
    `a native library that does not load on ${process.platform}-${process.arch}`,
    "one of linux-x64, linux-arm64, darwin-arm64, win32-x64, win32-arm64",
    `Reinstall the package, take a supported machine, or pass the device "wasm". The loader says: ${message}`,
  );
}

function importFailure(
  error: unknown,
): { readonly message: string; readonly code: string | undefined } | undefined {
  return error instanceof WorkerCallError && error.failure.stage === "import" ? error.failure : undefined;
}

/** Node's module loader, or Yarn's, found no package; a missing file inside a package does not count. */
function isMissing(message: string, code: string | undefined): boolean {
  if (code === "ERR_MODULE_NOT_FOUND") return true;
  return code === "MODULE_NOT_FOUND" && !message.includes("onnxruntime_binding");
}

/** The typed error if Node's permission model denies something inference needs; other errors unchanged. */
export function refusedByPermissions(error: unknown, what: string, flag: string): unknown {
  if (errorCode(error) !== "ERR_ACCESS_DENIED") return error;
  return new MissingRuntimeError(
    {
      subject: "inference worker",
      found: `a process that may not start ${what}, by Node's permission model`,
      expected: `the flag ${flag}`,
      remedy: `Start Node with ${flag}; a model also needs --allow-addons, and --allow-fs-read for its files.`,
      summary: `Node's permission model does not let this process start ${what}.`,
    },
    { cause: error },
  );
}
