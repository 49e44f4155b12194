// What reads and writes the files of a config. It stands apart from the rest, so that a bundle of code that does neither is
// without it: bundlers put what a package exports by one name into one piece.

export { saveFiles } from "#save-files";
export { diffusersVersion, formatConfig } from "./config/format-config.ts";
export { formatPythonFloat } from "./config/format-python-float.ts";
export { formatPythonJson } from "./config/format-python-json.ts";
export { type ForeignContent, identifyText } from "./config/identify-text.ts";
export { parsePythonJson } from "./config/parse-python-json.ts";
export { saveFile } from "./files/save-file.ts";
