import { ServerError } from "../../errors/server-error.ts";
import { describeUrl } from "../../http/describe-url.ts";

/** The Hub takes no larger files into git itself, and what goes there is held in memory as a whole. */
const maximumGitBytes = 16 * 1024 * 1024;

/**
 * Checks what the Hub says about which files it takes as large ones.
 *
 * @param sizes - The files by path.
 * @throws ServerError where the answer is out of form, or wants to have a file of more than 16 MiB in git.
 */
export function checkPreuploadAnswer(url: URL, answer: unknown, sizes: ReadonlyMap<string, number>): void {
  const files = typeof answer === "object" && answer !== null && "files" in answer ? answer.files : undefined;
  if (!Array.isArray(files)) throw badAnswer(url, "no list of files");
  const modes = new Map(files.map(readMode));
  for (const [path, size] of sizes) {
    if (size > maximumGitBytes && modes.get(path) !== "lfs") {
      throw badAnswer(url, `that ${path}, of ${size} bytes, should not be stored as a large file`);
    }
  }
}

function readMode(entry: unknown): readonly [unknown, unknown] {
  if (typeof entry !== "object" || entry === null) return [undefined, undefined];
  return ["path" in entry ? entry.path : undefined, "uploadMode" in entry ? entry.uploadMode : undefined];
}

function badAnswer(url: URL, found: string): ServerError {
  return new ServerError(
    {
      subject: describeUrl(url),
      found,
      expected: "a list of files and how they are stored, as the Hub gives",
      remedy: "Check that HF_ENDPOINT names the Hub or a mirror of it.",
    },
    { status: 200 },
  );
}
