import type { OptionDefinition, ParsedArguments } from "./parse-arguments.ts";

/** Which files of a repository or a folder to take. */
export const globOptions: readonly OptionDefinition[] = [
  {
    name: "include",
    value: "pattern",
    repeatable: true,
    description:
      'Take only files like this: "*.json", "unet/*". * matches slashes, too. Repeat it for several',
  },
  {
    name: "exclude",
    value: "pattern",
    repeatable: true,
    description: 'Leave out files like this: "*.bin". Repeat it for several',
  },
];

/** The paths that `--include` and `--exclude` leave; all without them. */
export function filterPaths(paths: readonly string[], parsed: ParsedArguments): readonly string[] {
  const included = parsed.texts("include").map(toRegExp);
  const excluded = parsed.texts("exclude").map(toRegExp);
  return paths.filter(
    (path) =>
      (included.length === 0 || included.some((pattern) => pattern.test(path))) &&
      !excluded.some((pattern) => pattern.test(path)),
  );
}

/** As Python's `fnmatch`, which huggingface_hub uses: `*`, `?` and `[…]` match slashes; a folder stands for all in it. */
function toRegExp(pattern: string): RegExp {
  const whole = pattern.endsWith("/") ? `${pattern}*` : pattern;
  const source = whole.replaceAll(/\*|\?|\[!?[^\]]+\]|[^*?[]+|\[/g, (part) => {
    if (part === "*") return ".*";
    if (part === "?") return ".";
    if (part.length > 2 && part.startsWith("[") && part.endsWith("]")) {
      return `[${part.slice(1, -1).replace(/^!/, "^").replaceAll("\\", "\\\\")}]`;
    }
    return part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^${source}$`, "s");
}
