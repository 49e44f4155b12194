import { findChromium, howToGetChromium } from "@onestep/vitest-setup/find-chromium";
import { type Browser, chromium } from "playwright";

/** Starts Chromium without a window, with WebGPU on a software adapter. */
export async function openChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error(`There is no Chromium. ${howToGetChromium}`);
  return chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--enable-unsafe-webgpu"],
  });
}
