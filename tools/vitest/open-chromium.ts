import { type Browser, chromium } from "playwright";
import { findChromium, howToGetChromium } from "./find-chromium.ts";

/** Starts Chromium without a window, with WebGPU on a software adapter. */
export async function openChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error(`There is no Chromium. ${howToGetChromium}`);
  return chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--enable-unsafe-webgpu"],
  });
}
