import type {
  DocumentedInterface,
  DocumentedMethod,
  DocumentedScheduler,
  DocumentedValue,
} from "./documented-scheduler.ts";

/** Facts about a scheduler that its sources do not contain. */
export interface SchedulerFacts {
  /** The default of each field of its config, as it is written in a file. */
  readonly defaults: Readonly<Record<string, string>>;
  /** The name of each field in a file. */
  readonly fileNames: Readonly<Record<string, string>>;
  readonly compatibles: readonly string[];
}

const generated =
  "<!-- Written by `npm run docs` from the comments in packages/schedulers/src. Edit those. -->";

/** `goldenTolerance` of the schedulers' tests, in words. */
const tolerance =
  "Equal means within 1e-5 of the largest element at the end of a full run, and mostly within 1e-6; float32 sums are taken in another order.";

/** The page of a scheduler, in Markdown. */
export function formatPage(scheduler: DocumentedScheduler, facts: SchedulerFacts): string {
  const { className, config } = scheduler;
  const others = facts.compatibles.filter((name) => name !== className);
  const parts = [
    `# ${className}`,
    generated,
    scheduler.text,
    /\bNumbers\b.* equal\b/.test(scheduler.text) ? tolerance : "",
    `\`\`\`ts\nimport { ${className} } from "onestep"; // or "@onestep/schedulers"\n\`\`\``,
    ...(others.length === 0 ? [] : [`Compatible with the configs of ${others.map(linkTo).join(", ")}.`]),
    "## Config",
    config.text,
    formatConfig(config, facts),
    ...scheduler.interfaces.flatMap(formatInterface),
    "## Properties",
    formatValues(scheduler.properties),
    "## Methods",
    ...scheduler.methods.flatMap(formatMethod),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** The page that leads to all others. */
export function formatIndex(schedulers: readonly DocumentedScheduler[]): string {
  const rows = schedulers.map(({ className, text }) => [linkTo(className), firstSentence(text)]);
  const parts = ["# Schedulers", generated, formatTable(["scheduler", "description"], rows)];
  return `${parts.join("\n\n")}\n`;
}

/** The name of the file of a scheduler's page. */
export function pageName(className: string): string {
  return `${className}.md`;
}

function linkTo(className: string): string {
  return `[${className}](${pageName(className)})`;
}

/** The first sentence, or what stands before its colon where that says enough. */
function firstSentence(text: string): string {
  const [paragraph = ""] = text.split("\n\n");
  const sentence = /^.*?\.(?= |$)/.exec(paragraph)?.[0] ?? paragraph;
  const [clause = ""] = sentence.split(": ");
  return clause.split(" ").length > 2 ? clause.replace(/\.?$/, ".") : sentence;
}

function formatConfig(config: DocumentedInterface, facts: SchedulerFacts): string {
  const rows = config.fields.map(({ name, type, text }) => [
    code(name),
    code(facts.fileNames[name] ?? ""),
    code(type),
    code(facts.defaults[name] ?? ""),
    text,
  ]);
  return formatTable(["field", "name in files", "type", "default", "description"], rows);
}

function formatInterface({ name, text, fields }: DocumentedInterface): string[] {
  return [`## ${name}`, text, formatValues(fields)];
}

function formatValues(values: readonly DocumentedValue[]): string {
  const rows = values.map(({ name, type, isOptional, text }) => [
    code(isOptional ? `${name}?` : name),
    code(type),
    text,
  ]);
  return formatTable(["name", "type", "description"], rows);
}

function formatMethod(method: DocumentedMethod): string[] {
  const { name, isStatic, parameters, returns } = method;
  const list = parameters.map((each) => `${each.name}${each.isOptional ? "?" : ""}: ${each.type}`).join(", ");
  const explained = parameters.filter(({ text }) => text !== "");
  return [
    `### ${name}`,
    `\`\`\`ts\n${isStatic ? "static " : ""}${name}(${list}): ${returns}\n\`\`\``,
    method.text,
    explained.map((each) => `- ${code(each.name)}: ${each.text}`).join("\n"),
    method.throws.map((each) => `Throws ${each.replace(/\b\w+Error\b/g, "`$&`")}`).join("\n\n"),
  ];
}

function formatTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const format = (cells: readonly string[]) => `| ${cells.map(formatCell).join(" | ")} |`;
  return [format(heads), `|${"---|".repeat(heads.length)}`, ...rows.map(format)].join("\n");
}

function formatCell(text: string): string {
  return text.replace(/\s*\n+\s*/g, " ").replaceAll("|", "\\|");
}

function code(text: string): string {
  return text === "" ? "" : `\`${text}\``;
}
