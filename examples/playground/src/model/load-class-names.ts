import { ClassNames, type Id2Label } from "@onestep/pipelines";
import { imagenetClassCount } from "./known-models.ts";

/** The number of classes of a model, and their names if its own files have them. */
export interface KnownClasses {
  readonly classCount: number | undefined;
  readonly id2label?: Id2Label | undefined;
}

/**
 * The class names of a model: from its own files, otherwise ImageNet's for a model with a thousand classes, otherwise
 * none.
 */
export async function loadClassNames({ classCount, id2label }: KnownClasses): Promise<ClassNames> {
  if (id2label !== undefined) return new ClassNames(id2label);
  if (classCount !== imagenetClassCount) return new ClassNames();
  const { default: names } = await import("./imagenet-class-names.json", { with: { type: "json" } });
  return new ClassNames(Object.fromEntries(names.map((name, id) => [id, name])));
}
