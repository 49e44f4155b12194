import { InvalidArgumentError } from "@onestep/core";

/** Where onnxruntime finds the files that hold a graph's weights. */
export interface WeightFilesPlan {
  /** The one folder that holds all of them, at any depth. Undefined where there are no files. */
  readonly folder: string | undefined;
  /** For each path, the `location` that a graph must name it by: the path from the folder, with `/` between names. */
  readonly locations: ReadonlyMap<string, string>;
}

/**
 * Says by what names a graph refers to the files that hold its weights.
 *
 * onnxruntime looks for all of them in one folder and accepts neither absolute locations nor links that lead out
 * of it. The folder is therefore the deepest one that holds every file.
 *
 * @param paths Absolute paths with every symbolic link resolved, as `realpath` returns them.
 * @throws InvalidArgumentError where a path is not absolute, has `.` or `..` in it, ends in a separator, or where no
 * folder holds all files (two drives on Windows).
 */
export function planWeightFiles(paths: Iterable<string>): WeightFilesPlan {
  const split = new Map<string, readonly string[]>();
  for (const path of paths) split.set(path, splitAbsolutePath(path));
  const [first, ...rest] = split.values();
  if (first === undefined) return { folder: undefined, locations: new Map() };

  let shared = first.length - 1;
  for (const segments of rest) {
    let common = 0;
    while (common < Math.min(shared, segments.length - 1) && segments[common] === first[common]) common += 1;
    shared = common;
  }
  if (shared === 0) {
    throw new InvalidArgumentError({
      subject: "weight files",
      found: [...split.keys()].join(", "),
      expected: "files on one drive",
      remedy: "Copy the files of the checkpoint into one folder.",
    });
  }
  const root = first[0] ?? "";
  const separator = root.includes("\\") ? "\\" : "/";
  return {
    folder: root + first.slice(1, shared).join(separator),
    locations: new Map([...split].map(([path, segments]) => [path, segments.slice(shared).join("/")])),
  };
}

/** The root of an absolute path (`/`, `C:\`, `\\server\share\`), then the names after it. */
function splitAbsolutePath(path: string): readonly string[] {
  const root = /^(?:\/|[A-Za-z]:[\\/]|\\\\[^\\]+\\[^\\]+\\)/.exec(path)?.[0];
  const names = root === undefined ? [] : path.slice(root.length).split(root === "/" ? "/" : /[\\/]/);
  if (root === undefined || names.some((name) => name === "" || name === "." || name === "..")) {
    throw new InvalidArgumentError({
      subject: "weights file",
      found: JSON.stringify(path),
      expected: "the absolute path of a file, with every link and every `..` resolved",
      remedy: "Pass what `realpath` returns.",
    });
  }
  return [root === "/" ? root : root.replaceAll("/", "\\"), ...names];
}
