/**
 * What reads and writes files. Not in `internal.ts`: bundlers keep everything that a module exports in one chunk, and a
 * scheduler loads these functions only when they are used.
 *
 * @module
 */

export { saveFile, saveFiles } from "#write-files";
export { diffusersVersion, formatConfig, formatPythonJson } from "./config/format-python-json.ts";
export { type ForeignContent, identifyText } from "./config/identify-text.ts";
export { parsePythonJson } from "./config/parse-python-json.ts";
