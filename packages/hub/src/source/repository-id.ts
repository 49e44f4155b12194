const idPattern = /^(\b[\w\-.]{1,96}\b\/)?\b[\w\-.]{1,96}\b$/;

/**
 * What is wrong with a Hub id, or `undefined` where nothing is. The rules are those of huggingface_hub 2.0
 * (`utils/_validators.py`): `name` or `owner/name`, each part of 1 to 96 characters out of `A-Z a-z 0-9 - _ .` that
 * starts and ends with a letter, a digit or `_`; no `--`, no `..`, no `.git` at the end.
 */
export function findRepositoryIdFault(id: string): string | undefined {
  if (id.split("/").length > 2) return "has more than one slash";
  if (!idPattern.test(id)) {
    return "is not made of 1 to 96 letters, digits, '-', '_' and '.' a part, with a letter, digit or '_' at both ends";
  }
  if (id.includes("--") || id.includes("..")) return "holds '--' or '..'";
  if (id.endsWith(".git")) return "ends with '.git'";
  return undefined;
}
