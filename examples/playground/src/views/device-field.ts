import type { DeviceChoice } from "../engine/messages.ts";
import { chooseRadio, chosenRadio, findElement, findRadios } from "./find-element.ts";

/** Chooses the device, and shows what this browser supports. */
export class DeviceField {
  readonly #hint = findElement("device-hint", HTMLElement);
  readonly #badge = findElement("badge-threads", HTMLElement);

  constructor() {
    const hasWebGpu = "gpu" in navigator;
    if (!hasWebGpu) {
      for (const radio of findRadios("device")) radio.disabled = radio.value === "webgpu";
      if (chosenRadio("device") === "webgpu") chooseRadio("device", "auto");
    }
    const lacks = [
      ...(hasWebGpu ? [] : ["WebGPU"]),
      ...(crossOriginIsolated ? [] : ["threads, which need the page to be cross-origin isolated"]),
    ];
    this.#hint.hidden = lacks.length === 0;
    this.#hint.textContent = `Here is no ${lacks.join(", and no ")}.`;
    this.#badge.textContent = crossOriginIsolated ? "Multithreaded" : "One thread";
  }

  /** The chosen device. */
  get choice(): DeviceChoice {
    const choice = chosenRadio("device");
    return choice === "webgpu" || choice === "wasm" ? choice : "auto";
  }
}
