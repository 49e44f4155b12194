import { describe, expect, it } from "vitest";

describe("the browser project", () => {
  it("runs in Chromium, without Node, in a page that may share memory", () => {
    expect(navigator.userAgent).toContain("Chrome/");
    expect("process" in globalThis && globalThis.process.versions?.node).toBeFalsy();
    expect(globalThis.crossOriginIsolated).toBe(true);
  });
});
