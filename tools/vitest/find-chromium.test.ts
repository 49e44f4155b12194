import { describe, expect, it } from "vitest";
import { findChromium } from "./find-chromium.ts";

const nothing = () => false;

describe("findChromium", () => {
  it("takes CHROMIUM_PATH before the usual places", () => {
    const environment = { CHROMIUM_PATH: "/opt/chrome" };
    expect(findChromium({ environment, platform: "linux", exists: () => true })).toBe("/opt/chrome");
  });

  it("finds Debian's Chromium", () => {
    const exists = (path: string) => path === "/usr/bin/chromium";
    expect(findChromium({ environment: {}, platform: "linux", exists })).toBe("/usr/bin/chromium");
  });

  it("lets a developer go on without a browser", () => {
    expect(findChromium({ environment: {}, platform: "linux", exists: nothing })).toBeUndefined();
    expect(findChromium({ environment: { CI: "false" }, platform: "aix", exists: nothing })).toBeUndefined();
  });

  it("fails where CI is set and there is none", () => {
    expect(() => findChromium({ environment: { CI: "true" }, platform: "linux", exists: nothing })).toThrow(
      "CI is set and there is no Chromium for the browser tests. Install it (`apt-get install chromium`), or set CHROMIUM_PATH",
    );
  });

  it("fails where CHROMIUM_PATH names no file", () => {
    const environment = { CHROMIUM_PATH: "/opt/gone" };
    expect(() => findChromium({ environment, exists: nothing })).toThrow(
      "CHROMIUM_PATH names /opt/gone, and there is no such file.",
    );
  });
});
