/**
 * Internals shared by the Onestep packages, not needed by users: `@onestep/core/internal`, and `…/internal/files`,
 * `…/internal/base64`, `…/internal/free-buffer` and `…/internal/nearest-name` for code that is loaded separately.
 *
 * Not covered by semantic versioning: anything here may change or be removed in any release.
 *
 * @module
 */

export { writeFileAside } from "#write-files";
export { nextTask, untilAborted } from "./async.ts";
export {
  type ConfigRecord,
  createConfig,
  readConfigRecord,
  toCamelCase,
  toPythonJson,
  toSnakeCase,
} from "./config/config.ts";
export { describeJson, describeValue } from "./config/describe-value.ts";
export { formatPythonFloat, isJsonObject } from "./config/python-json.ts";
export { formatProblem } from "./errors.ts";
export { type FileToSave, joinPath, type SaveFilesOptions, type WriteFileOptions } from "./files/files.ts";
export { resizeAsPillow } from "./image/pillow-resize.ts";
export { errorCode, errorMessage, isBlob, isError, isRecord, isUint8Array, isUrl } from "./realm.ts";
export { elementCount } from "./tensor/tensor-data.ts";
export { warn } from "./warn.ts";
