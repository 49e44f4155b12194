import { ClassNames, type Id2Label } from "@onestep/pipelines";
import { imagenetClassCount } from "./known-models.ts";

/** What is known of a model's classes: how many there are, and the names that its own files give them. */
export interface KnownClasses {
  readonly classCount: number | undefined;
  readonly id2label?: Id2Label | undefined;
}

/**
 * The names of a model's classes: those of its own files, else those of ImageNet for a model of a thousand classes,
 * else none.
 */
export async function loadClassNames({ classCount, id2label }: KnownClasses): Promise<ClassNames> {
  if (id2label !== undefined) return new ClassNames(id2label);
  if (classCount !== imagenetClassCount) return new ClassNames();
  const { default: names } = await import("./imagenet-class-names.json", { with: { type: "json" } });
  return new ClassNames(Object.fromEntries(names.map((name, id) => [id, name])));
}
