import { EngineError } from "../engine/engine.ts";
import { Playground } from "../playground.ts";
import { largestTextSteps } from "../settings/settings.ts";
import { watchDevicePixel } from "../views/device-pixel.ts";
import { FailureView } from "../views/failure-view.ts";
import { findElement } from "../views/find-element.ts";
import { ThemeToggle } from "../views/theme-toggle.ts";
import { watchWriting } from "../views/watch-writing.ts";
import { KeyDialog } from "./key-dialog.ts";
import { ServedModelField, ServedStepsField } from "./served-fields.ts";
import { failureOf, ServiceClient } from "./service-client.ts";
import { ServiceEngine } from "./service-engine.ts";

/** The largest number of images in one request. */
const mostImages = 10;

new ThemeToggle();
watchDevicePixel();
watchWriting();
try {
  await open();
} catch (error) {
  if (!(error instanceof EngineError)) throw error;
  new FailureView().show(error);
  // There is nothing to choose from: the button tries again.
  const controls = findElement("controls", HTMLFormElement);
  for (const field of controls.querySelectorAll<HTMLElement>(".field, .field-pair")) field.hidden = true;
  findElement("generate", HTMLButtonElement).textContent = "Try again";
  controls.addEventListener("submit", (event) => {
    event.preventDefault();
    location.reload();
  });
}

async function open(): Promise<void> {
  const dialog = new KeyDialog();
  const client = new ServiceClient((wasRefused) => dialog.ask(wasRefused));
  const models = await client.listModels();
  const [first] = models;
  if (first === undefined)
    throw failureOf("The server has no models. Its operator names them when it starts.");
  const playground = new Playground({
    engine: new ServiceEngine(client, models),
    fields: {
      makeModel: (onChange) => new ServedModelField(models, onChange),
      steps: new ServedStepsField(),
      device: { choice: "auto" },
      mostImages,
    },
    initial: {
      model: { kind: "hub", id: first.id, revision: undefined },
      classLabel: 0,
      steps: first.onestep.steps.default,
      timesteps: undefined,
      seed: crypto.getRandomValues(new Uint32Array(1))[0] ?? 0,
      count: 1,
    },
    mostSteps: largestTextSteps,
  });
  await playground.open();
}
