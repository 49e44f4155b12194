/**
 * Reading and writing files. Not in `internal.ts`: bundlers keep all exports of a module in one chunk, and a scheduler
 * loads these functions only when needed.
 *
 * @module
 */

export { saveFile, saveFiles } from "#write-files";
export { diffusersVersion, formatConfig, formatPythonJson } from "./config/format-python-json.ts";
export { type ForeignContent, identifyText } from "./config/identify-text.ts";
export { parsePythonJson } from "./config/parse-python-json.ts";
