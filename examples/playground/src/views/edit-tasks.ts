import type { Edit } from "../engine/messages.ts";
import { findElement, findRadios } from "./find-element.ts";

/** The task: generate images from noise, or make one of the edits. */
export type Task = "generate" | Edit["kind"];

/** What each edit does. */
export const hints: Readonly<Record<Exclude<Task, "generate">, string>> = {
  inpaint: "Paint over what is to be repainted; the rest stays as it is.",
  strokes: "Paint something rough in a few colours. The model makes a picture of it.",
  colorize: "Colours for a grey picture. Every pixel keeps its brightness.",
  upscale: "Makes a large picture of a small one.",
  denoise: "Removes noise in one step.",
  interpolate: "Pictures on the way from one to the other.",
};

/** What the picture is for. */
export const names: Readonly<Record<Exclude<Task, "generate">, string>> = {
  inpaint: "Picture to repaint",
  strokes: "Picture to paint",
  colorize: "Picture to colour",
  upscale: "Picture to enlarge",
  denoise: "Picture to clean up",
  interpolate: "What to blend",
};

/** Every edit. */
export const allEdits: readonly Edit["kind"][] = Object.keys(names) as readonly Edit["kind"][];

/** Offers some edits beside making images; nothing to choose from if there are none. */
export function showTasks(edits: readonly Edit["kind"][]): void {
  findElement("tasks", HTMLElement).hidden = edits.length === 0;
  for (const radio of findRadios("task")) {
    const isOffered = radio.value === "generate" || edits.some((edit) => edit === radio.value);
    if (radio.parentElement !== null) radio.parentElement.hidden = !isOffered;
  }
}
