import type { z } from "@hono/zod-openapi";
import { type ApiError, invalidValue } from "./api-error.ts";

/** The error for a body that does not fit its schema: names the first field at fault, what was expected and what was found. */
export function invalidField(error: z.ZodError, given: Readonly<Record<string, unknown>>): ApiError {
  const [issue] = error.issues;
  const path = (issue?.path ?? []).map(String);
  const [field = "body"] = path;
  const value: unknown = Object.hasOwn(given, field) ? given[field] : undefined;
  const param = path.join(".");
  return invalidValue(
    param,
    `\`${param}\`: expected ${describeIssue(issue)}; found ${describeFound(value)}.`,
  );
}

const typeNames: Readonly<Record<string, string>> = {
  int: "a whole number",
  number: "a number",
  string: "text",
  boolean: "true or false",
  array: "a list",
  object: "an object",
};

function describeIssue(issue: z.core.$ZodIssue | undefined): string {
  switch (issue?.code) {
    case "invalid_type":
      return typeNames[issue.expected] ?? issue.expected;
    case "too_small":
      return `at least ${issue.minimum}${unitOf(issue.origin)}`;
    case "too_big":
      return `at most ${issue.maximum}${unitOf(issue.origin)}`;
    case "invalid_value":
      return issue.values.map((value) => JSON.stringify(value)).join(" or ");
    case "unrecognized_keys":
      return `no ${issue.keys.join(", ")} in it`;
    default:
      return "a value of the kind that the documentation names";
  }
}

function unitOf(origin: string): string {
  return origin === "string" ? " characters" : "";
}

/** At most a few words of what a client sent. */
function describeFound(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
