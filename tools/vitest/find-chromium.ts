import { existsSync } from "node:fs";

const usualPlaces: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome-stable",
    "/usr/bin/google-chrome",
  ],
  darwin: [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  ],
  win32: [
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
  ],
};

/** How developers get the browser that the tests need. */
export const howToGetChromium: string =
  "Install it (`apt-get install chromium`), or set CHROMIUM_PATH to a Chromium or Chrome executable.";

/** Where {@link findChromium} looks, for tests. */
export interface FindChromiumOptions {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly platform?: NodeJS.Platform;
  readonly exists?: (path: string) => boolean;
}

/**
 * The Chromium that runs the browser tests: `CHROMIUM_PATH`, else one in a usual place.
 *
 * @returns Its path; `undefined` if there is none and the run may continue without it.
 * @throws Error if `CHROMIUM_PATH` is not a file, and if there is none although `CI` is set.
 */
export function findChromium(options: FindChromiumOptions = {}): string | undefined {
  const { environment = process.env, platform = process.platform, exists = existsSync } = options;
  const named = environment["CHROMIUM_PATH"];
  if (named) {
    if (exists(named)) return named;
    throw new Error(`CHROMIUM_PATH names ${named}, and there is no such file. ${howToGetChromium}`);
  }
  const found = usualPlaces[platform]?.find((path) => exists(path));
  const continuousIntegration = environment["CI"];
  if (found === undefined && continuousIntegration && continuousIntegration !== "false") {
    throw new Error(`CI is set and there is no Chromium for the browser tests. ${howToGetChromium}`);
  }
  return found;
}
