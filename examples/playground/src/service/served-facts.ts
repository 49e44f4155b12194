import type { Edit, ModelFacts } from "../engine/messages.ts";
import type { ServedModel, ServedTask } from "./messages.ts";

/** The edits of the page, and the tasks of the API that make them. */
const edits: readonly (readonly [Edit["kind"], ServedTask])[] = [
  ["inpaint", "inpainting"],
  ["strokes", "edit"],
];

/**
 * What the page has to know about a model of the service.
 *
 * @param host - The host of the service, as shown to the user.
 */
export function factsOfServed({ onestep }: ServedModel, host: string): ModelFacts {
  const { labels, sizes, tasks } = onestep;
  const [width = 512, height = width] = sizes.default.split("x").map(Number);
  const offered = edits.filter(([, task]) => tasks.includes(task)).map(([edit]) => edit);
  return {
    device: host,
    threads: 1,
    width,
    height,
    classCount: labels?.length,
    id2label: labels === null ? undefined : Object.fromEntries(labels.entries()),
    defaultSteps: onestep.steps.default,
    trainTimesteps: undefined,
    loadMilliseconds: 0,
    // A prompt says what becomes of a picture, so changing one is a part of making images.
    edits: onestep.prompt ? offered.filter((edit) => edit === "inpaint") : offered,
    text: onestep.prompt
      ? {
          className: onestep.class,
          steps: onestep.steps.default,
          guidanceScale: onestep.guidance?.default ?? 1,
          takesGuidance: onestep.guidance !== null,
          takesNegativePrompt: onestep.negative_prompt,
          takesPicture: tasks.includes("edit"),
          sizeMultiple: sizes.multiple ?? 1,
          preview: "sent",
        }
      : undefined,
  };
}
