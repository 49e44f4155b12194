import type { ModelChoice } from "../settings/settings.ts";
import { emojiClassNames, imagenetClassCount } from "./known-models.ts";

/**
 * The names of a model's classes, in order; none where the page does not know them. A model of a thousand classes is
 * taken for one of ImageNet.
 */
export async function loadClassNames(
  model: ModelChoice,
  classCount: number | undefined,
): Promise<readonly string[]> {
  if (model.kind === "shipped") return emojiClassNames;
  if (classCount !== imagenetClassCount) return [];
  const { default: names } = await import("./imagenet-class-names.json", { with: { type: "json" } });
  return names;
}
