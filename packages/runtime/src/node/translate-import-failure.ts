import { MissingRuntimeError } from "../errors/missing-runtime-error.ts";
import { WorkerCallError } from "../worker/worker-call-error.ts";

/** The typed error for onnxruntime-node that does not load. What is something else is returned as it is. */
export function translateImportFailure(error: unknown): unknown {
  if (!(error instanceof WorkerCallError) || error.failure.stage !== "import") return error;
  const { failure } = error;
  const options = { cause: error };
  if (failure.code === "ERR_MODULE_NOT_FOUND") {
    return new MissingRuntimeError(
      {
        subject: "onnxruntime-node",
        found: "no such package",
        expected: "version 1.30 or newer of it beside @onestep/runtime",
        remedy:
          "Run `npm install onnxruntime-node`; where its own download of GPU libraries fails, " +
          "`ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node`.",
      },
      options,
    );
  }
  return new MissingRuntimeError(
    {
      subject: "onnxruntime-node",
      found: `a native library that does not load on ${process.platform}-${process.arch}`,
      expected: "one of linux-x64, linux-arm64, darwin-arm64, win32-x64, win32-arm64",
      remedy: `Reinstall the package, or take a supported machine. The loader says: ${failure.message}`,
    },
    options,
  );
}
