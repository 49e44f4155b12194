import { InvalidArgumentError } from "@onestep/core";

/** Where onnxruntime finds the files that hold a graph's weights. */
export interface WeightFilesPlan {
  /** The folder that contains all of them, at any depth. Undefined if there are no files. */
  readonly folder: string | undefined;
  /** The `location` of each path in the graph: the path from the folder, with `/` between names. */
  readonly locations: ReadonlyMap<string, string>;
}

/**
 * Plans the locations by which a graph refers to its weights files.
 *
 * onnxruntime looks for all of them in one folder and accepts neither absolute locations nor links out of it. The
 * folder is therefore the deepest one containing every file.
 *
 * @param paths Absolute paths with every symbolic link resolved, as `realpath` returns them.
 * @throws InvalidArgumentError if a path is not absolute, contains `.` or `..`, ends in a separator, or if no folder
 *   contains all files (two drives on Windows).
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
