import type { OptionDefinition } from "./arguments/parse-arguments.ts";
import { type Command, type CommandTable, commonOptions, programOptions } from "./command.ts";

/** A shell with completion scripts. */
export type Shell = "bash" | "zsh" | "fish";

/** Values of options whose list is not in the command table, by option. */
export type MoreChoices = Readonly<Record<string, readonly string[]>>;

/** A place of a command line, and what fits there. */
interface Place {
  /** The words of the command so far: `""`, `edit`, `edit inpaint`. */
  readonly words: string;
  readonly subcommands: readonly Pick<Command, "name" | "summary">[];
  readonly options: readonly OptionDefinition[];
  /** What an argument there names. */
  readonly argument: "file" | "folder" | readonly string[] | undefined;
}

/** The completion script of a shell, made from the command table. */
export function formatCompletion(shell: Shell, table: CommandTable, more: MoreChoices): string {
  const places = listPlaces(table);
  const options = listOptions(table, more);
  if (shell === "fish") return formatFish(places, options);
  return shell === "bash" ? formatBash(places, options) : formatZsh(places, options);
}

function listPlaces({ commands, groups }: CommandTable): readonly Place[] {
  const topics = [...groups, ...commands.filter(({ name }) => !name.includes(" "))];
  const first = topics.sort((left, right) => order(commands, left.name) - order(commands, right.name));
  const root: Place = {
    words: "",
    subcommands: [...first, { name: "help", summary: "Show how to use a command" }],
    options: [...commonOptions, ...programOptions],
    argument: undefined,
  };
  const inGroups = groups.map(({ name }): Place => {
    const members = commands.filter((command) => command.name.startsWith(`${name} `));
    const subcommands = members.map((one) => ({ ...one, name: one.name.slice(name.length + 1) }));
    return { words: name, subcommands, options: commonOptions, argument: undefined };
  });
  const ofCommands = commands.map(
    ({ name, options, positionals = [] }): Place => ({
      words: name,
      subcommands: [],
      options: [...options, ...commonOptions],
      argument: positionals[0]?.completes,
    }),
  );
  return [root, ...inGroups, ...ofCommands];
}

function order(commands: readonly Command[], name: string): number {
  return commands.findIndex((command) => command.name === name || command.name.startsWith(`${name} `));
}

/** Every option that takes a value, with its choices. */
function listOptions({ commands }: CommandTable, more: MoreChoices): readonly OptionDefinition[] {
  const all = [...commonOptions, ...commands.flatMap(({ options }) => options)];
  return [...new Map(all.map((option) => [option.name, option])).values()]
    .filter(({ value }) => value !== undefined)
    .map((option) => {
      const choices = option.choices ?? (Object.hasOwn(more, option.name) ? more[option.name] : undefined);
      return choices === undefined ? option : { ...option, choices };
    });
}

/** `--out|-o`. */
function spell({ name, short }: OptionDefinition): string {
  return short === undefined ? `--${name}` : `--${name}|-${short}`;
}

function wordsOf({ subcommands, options }: Place): string {
  return [...subcommands.map(({ name }) => name), ...options.map(({ name }) => `--${name}`)].join(" ");
}

/**
 * The lines by which bash and zsh find the command before the cursor, in `$command`.
 *
 * @param at - How the shell indexes words: the first index, the end, and a word.
 */
function findCommand(
  places: readonly Place[],
  options: readonly OptionDefinition[],
  at: { readonly first: string; readonly end: string; readonly word: string },
): readonly string[] {
  const groups = places.filter(({ words, subcommands }) => words !== "" && subcommands.length > 0);
  return [
    '  local command="" word i isValue=""',
    `  for ((i = ${at.first}; i < ${at.end}; i++)); do`,
    `    word="${at.word}"`,
    '    if [[ -n "$isValue" ]]; then isValue=""; continue; fi',
    '    case "$word" in',
    `      ${options.map(spell).join("|")}) isValue=1 ;;`,
    "      -*) ;;",
    "      help) ;;",
    `      *) command="\${command:+$command }$word"`,
    `         case "$command" in ${groups.map(({ words }) => words).join("|")}) ;; *) break ;; esac ;;`,
    "    esac",
    "  done",
  ];
}

function formatBash(places: readonly Place[], options: readonly OptionDefinition[]): string {
  const complete = (kind: string): string => `COMPREPLY=($(compgen ${kind} -- "$current"))`;
  const files = (kind: "file" | "folder"): string =>
    `compopt -o filenames 2> /dev/null; IFS=$'\\n'; ${complete(kind === "file" ? "-f" : "-d")}`;
  const argument = ({ argument: kind }: Place): string => {
    if (kind === undefined) return "";
    return typeof kind === "string" ? files(kind) : complete(`-W "${kind.join(" ")}"`);
  };
  const values = options.map((option) => {
    const { choices, completes } = option;
    if (choices !== undefined)
      return `    ${spell(option)}) ${complete(`-W "${choices.join(" ")}"`)}; return ;;`;
    return `    ${spell(option)}) ${completes === undefined ? "" : `${files(completes)}; `}return ;;`;
  });
  const cases = places.map((place) => {
    const own = argument(place);
    const words = complete(`-W "${wordsOf(place)}"`);
    const isFile = own !== "";
    return `    "${place.words}") ${isFile ? `if [[ "$current" == -* ]]; then ${words}; else ${own}; fi` : words} ;;`;
  });
  return [
    "# Completion of onestep in bash.",
    "_onestep() {",
    `  local IFS=$' \\t\\n' current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"`,
    "  COMPREPLY=()",
    ...findCommand(places, options, { first: "1", end: "COMP_CWORD", word: `\${COMP_WORDS[i]}` }),
    '  case "$previous" in',
    ...values,
    "  esac",
    '  case "$command" in',
    ...cases,
    "  esac",
    "}",
    "complete -F _onestep onestep",
  ].join("\n");
}

function formatZsh(places: readonly Place[], options: readonly OptionDefinition[]): string {
  const files = (kind: "file" | "folder"): string => (kind === "file" ? "_files" : "_files -/");
  const argument = ({ argument: kind }: Place): string => {
    if (kind === undefined) return "";
    return typeof kind === "string" ? files(kind) : `compadd -- ${kind.join(" ")}`;
  };
  const values = options.map((option) => {
    const { choices, completes } = option;
    if (choices !== undefined) return `    ${spell(option)}) compadd -- ${choices.join(" ")}; return ;;`;
    return `    ${spell(option)}) ${completes === undefined ? "" : `${files(completes)}; `}return ;;`;
  });
  const cases = places.map((place) => {
    const own = argument(place);
    const words = `compadd -- ${wordsOf(place)}`;
    return `    "${place.words}") ${own === "" ? words : `if [[ "$PREFIX" == -* ]]; then ${words}; else ${own}; fi`} ;;`;
  });
  return [
    "#compdef onestep",
    "_onestep() {",
    `  local previous="\${words[CURRENT-1]}"`,
    ...findCommand(places, options, { first: "2", end: "CURRENT", word: `\${words[i]}` }),
    '  case "$previous" in',
    ...values,
    "  esac",
    '  case "$command" in',
    ...cases,
    "  esac",
    "}",
    'if [[ "$funcstack[1]" == _onestep ]]; then _onestep "$@"; else compdef _onestep onestep; fi',
  ].join("\n");
}

function formatFish(places: readonly Place[], options: readonly OptionDefinition[]): string {
  const quote = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const groups = places.filter(({ words, subcommands }) => words !== "" && subcommands.length > 0);
  const byName = new Map(options.map((option) => [option.name, option]));
  const lines = places.flatMap((place) => {
    const start = `complete -c onestep -n ${quote(`__onestep_at ${quote(place.words)}`)}`;
    const { argument } = place;
    const ofArgument =
      argument === undefined
        ? []
        : typeof argument === "string"
          ? [`${start} -F`]
          : [`${start} -a ${quote(argument.join(" "))}`];
    return [
      ...place.subcommands.map(({ name, summary }) => `${start} -a ${quote(name)} -d ${quote(summary)}`),
      ...place.options.map((option) => {
        const { choices, completes, value } = byName.get(option.name) ?? option;
        const names = `-l ${option.name}${option.short === undefined ? "" : ` -s ${option.short}`}`;
        const own =
          value === undefined
            ? ""
            : choices !== undefined
              ? ` -x -a ${quote(choices.join(" "))}`
              : completes === undefined
                ? " -x"
                : " -r -F";
        return `${start} ${names}${own} -d ${quote(summaryOf(option))}`;
      }),
      ...ofArgument,
    ];
  });
  const valued = options.flatMap(({ name, short }) => [
    `--${name}`,
    ...(short === undefined ? [] : [`-${short}`]),
  ]);
  return [
    "# Completion of onestep in fish.",
    "function __onestep_at",
    "  set -l found",
    "  set -l isValue 0",
    "  for word in (commandline -opc)[2..-1]",
    "    if test $isValue = 1",
    "      set isValue 0",
    "      continue",
    "    end",
    `    if contains -- $word ${valued.join(" ")}`,
    "      set isValue 1",
    "    else if not string match -q -- '-*' $word; and test $word != help",
    "      set -a found $word",
    `      contains -- "$found" ${groups.map(({ words }) => quote(words)).join(" ")}; or break`,
    "    end",
    "  end",
    '  test "$found" = "$argv[1]"',
    "end",
    "complete -c onestep -f",
    ...lines,
  ].join("\n");
}

/** The first sentence of a description, in at most 60 characters. */
function summaryOf({ description }: OptionDefinition): string {
  const [first = ""] = description.split(/[.:;(]/);
  return first.trim().slice(0, 60);
}
