import { WorkerEngine } from "./engine/worker-engine.ts";
import { isModelKept, prepareOffline } from "./offline/offline.ts";
import { Playground } from "./playground.ts";
import { defaultSettings, largestCount, largestSteps } from "./settings/settings.ts";
import { DeviceField } from "./views/device-field.ts";
import { watchDevicePixel } from "./views/device-pixel.ts";
import { firstPaint } from "./views/first-paint.ts";
import { ModelField } from "./views/model-field.ts";
import { ProgramsView } from "./views/programs-view.ts";
import { StepsField } from "./views/steps-field.ts";
import { ThemeToggle } from "./views/theme-toggle.ts";
import { watchWriting } from "./views/watch-writing.ts";

new ThemeToggle();
watchDevicePixel();
watchWriting();
await firstPaint();
const isReady = prepareOffline();
const playground = new Playground({
  engine: new WorkerEngine(),
  fields: {
    makeModel: (onChange) => new ModelField(onChange),
    steps: new StepsField(),
    device: new DeviceField(),
    mostImages: largestCount,
  },
  initial: defaultSettings,
  mostSteps: largestSteps,
  offline: { isReady, isKept: isModelKept },
  programs: new ProgramsView(),
});
await playground.open();
