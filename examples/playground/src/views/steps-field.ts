import type { KnownModel } from "../model/known-models.ts";
import { parseTimesteps } from "../settings/parse-timesteps.ts";
import { largestSteps, type Settings } from "../settings/settings.ts";
import { FieldError } from "./field-error.ts";
import { chooseRadio, chosenRadio, findElement, findRadios } from "./find-element.ts";
import type { StepsChooser } from "./settings-form.ts";

/** Example timesteps. */
const example: readonly number[] = [32, 0];

/** Chooses the number of steps, or explicit timesteps. */
export class StepsField implements StepsChooser {
  readonly #own = findElement("own-timesteps", HTMLElement);
  readonly #input = findElement("timesteps", HTMLInputElement);
  readonly #hint = findElement("steps-hint", HTMLElement);
  #model: KnownModel | undefined;

  constructor() {
    for (const radio of findRadios("steps")) {
      radio.addEventListener("change", () => {
        if (radio.value === "own" && this.#input.value === "") {
          this.#input.value = (this.#model?.timesteps[2] ?? example).join(", ");
        }
        this.#show();
      });
    }
    this.#input.addEventListener("input", () => this.#show());
  }

  show({ steps, timesteps }: Pick<Settings, "steps" | "timesteps">): void {
    const preset = timesteps === undefined ? steps : this.#presetOf(timesteps);
    if (preset !== undefined && preset <= largestSteps) {
      chooseRadio("steps", String(preset));
    } else {
      chooseRadio("steps", "own");
      this.#input.value = timesteps?.join(", ") ?? "";
    }
    this.#show();
  }

  setModel(model: KnownModel | undefined): void {
    this.#model = model;
    this.#show();
  }

  read(): Pick<Settings, "steps" | "timesteps"> {
    const choice = chosenRadio("steps");
    if (choice !== "own") {
      const steps = Number(choice);
      return { steps, timesteps: this.#model?.timesteps[steps] };
    }
    const timesteps = parseTimesteps(this.#input.value);
    if (timesteps !== undefined) return { steps: timesteps.length, timesteps };
    throw new FieldError(this.#input, {
      subject: "Timesteps",
      found: this.#input.value.trim() === "" ? "nothing" : this.#input.value,
      expected: "whole numbers, each smaller than the one before",
      remedy: `Write them like ${example.join(", ")}.`,
    });
  }

  #presetOf(timesteps: readonly number[]): number | undefined {
    const presets = Object.entries(this.#model?.timesteps ?? {});
    const found = presets.find(([, preset]) => preset.join() === timesteps.join());
    return found === undefined ? undefined : Number(found[0]);
  }

  #show(): void {
    const choice = chosenRadio("steps");
    this.#own.hidden = choice !== "own";
    this.#input.setAttribute(
      "aria-invalid",
      String(choice === "own" && parseTimesteps(this.#input.value) === undefined),
    );
    const timesteps = this.#model?.timesteps[Number(choice)];
    this.#hint.textContent =
      choice === "own"
        ? "Points of the training grid, from noise to image: each smaller than the one before."
        : timesteps === undefined
          ? "Spread over the training grid by the scheduler."
          : `At ${timesteps.length === 1 ? "timestep" : "timesteps"} ${timesteps.join(", ")} of the training grid.`;
  }
}
