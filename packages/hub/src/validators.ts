import { UnsafePathError } from "./errors.ts";

const idPattern = /^(\b[\w\-.]{1,96}\b\/)?\b[\w\-.]{1,96}\b$/;

/**
 * What is wrong with a Hub id, or `undefined` if nothing is. The rules are those of huggingface_hub 2.0
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

const driveLetter = /^[a-z]:/i;
const dotsAndSpaces = /^[. ]*$/;
/** `a:b` is a stream of the file `a` there. */
const reservedCharacters = /[<>:"|?*]/;
/** With any ending, and in any folder. */
const deviceName = /^(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³]) *(?:\.|$)/i;

/**
 * Checks that a path stays inside the repository it is asked of, under the rules of POSIX and of Windows alike, since
 * such paths come from files that strangers wrote (a weights index, a listing).
 *
 * @returns The path, unchanged.
 * @throws UnsafePathError if the path is empty, absolute, names a drive, holds a backslash, a NUL or another
 * control character, has an empty, `.` or `..` segment, or one that is another file on Windows, or none: a stream (`a:b`),
 * a device (`NUL.txt`), a name that ends with a dot or a space, one of the characters `<>:"|?*`.
 */
export function checkRepositoryPath(path: string): string {
  const fault = findPathFault(path);
  if (fault === undefined) return path;
  throw new UnsafePathError({
    subject: "path in the repository",
    found: `${JSON.stringify(path)}, which ${fault}`,
    expected: "a relative path with forward slashes that stays inside the repository",
    remedy: "Correct the path; if it comes from a file of the repository, do not trust that repository.",
  });
}

/** What is wrong with a path in a repository, or `undefined` if nothing is. */
export function findPathFault(path: unknown): string | undefined {
  if (typeof path !== "string") return "is not a string";
  if (path === "") return "is empty";
  if (hasControlCharacter(path)) return "holds a control character";
  if (path.includes("\\")) return "holds a backslash";
  if (path.startsWith("/")) return "is absolute";
  for (const segment of path.split("/")) {
    if (driveLetter.test(segment)) return "names a drive";
    if (segment === "") return "has an empty segment";
    if (dotsAndSpaces.test(segment)) return `has the segment ${JSON.stringify(segment)}`;
    if (reservedCharacters.test(segment)) return 'holds one of < > : " | ? *, which Windows reserves';
    if (deviceName.test(segment)) return `has the segment ${JSON.stringify(segment)}, a device on Windows`;
    if (/[. ]$/.test(segment)) return "has a segment that ends with a dot or a space, which Windows drops";
  }
  return undefined;
}

function hasControlCharacter(path: string): boolean {
  for (let index = 0; index < path.length; index += 1) {
    const code = path.charCodeAt(index);
    if (code < 32 || code === 127) return true;
  }
  return false;
}
