import { readFileSync } from "node:fs";

/** The names of the fields of `ImageSettings`, read from its source. */
export function imageSettingNames(): readonly string[] {
  const source = readFileSync(new URL("../../job.ts", import.meta.url), "utf8");
  const body = /export interface ImageSettings \{(.*?)\n\}/s.exec(source)?.[1] ?? "";
  return [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name = ""]) => name);
}
