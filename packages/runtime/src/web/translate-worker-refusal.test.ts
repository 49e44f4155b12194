import { UnsupportedError } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { MissingRuntimeError } from "../errors/missing-runtime-error.ts";
import { translateWorkerRefusal } from "./translate-worker-refusal.ts";

describe("translateWorkerRefusal", () => {
  it.each([
    [
      "a script of another origin, in Chromium",
      new DOMException(
        "Failed to construct 'Worker': Script at 'https://cdn.test/w.js' cannot be accessed from origin 'null'.",
        "SecurityError",
      ),
      "web.startWorker",
    ],
    [
      "a script of another origin, in Firefox",
      new DOMException("The operation is insecure.", "SecurityError"),
      "allow-same-origin",
    ],
    [
      "Trusted Types",
      new TypeError("Failed to construct 'Worker': This document requires 'TrustedScriptURL' assignment."),
      "`threads: 1`",
    ],
    [
      "a bundle without an address",
      new TypeError("Failed to construct 'URL': Invalid URL"),
      "Build an ES module",
    ],
  ])("says what is in the way, and what helps: %s", (_name, thrown, remedy) => {
    const error = translateWorkerRefusal(thrown, true);
    expect(error).toBeInstanceOf(MissingRuntimeError);
    expect(error).toHaveProperty("message", expect.stringContaining(thrown.message));
    expect(error).toHaveProperty("problem.remedy", expect.stringContaining(remedy));
    expect(error).toHaveProperty("cause", thrown);
  });

  it("says where there are no workers at all", () => {
    const error = translateWorkerRefusal(new ReferenceError("Worker is not defined"), false);
    expect(error).toBeInstanceOf(UnsupportedError);
    expect(error).toHaveProperty("message", expect.stringContaining("a shared or a service worker"));
  });

  it("leaves what a program's own `startWorker` throws as it is", () => {
    const own = new Error("not today");
    expect(translateWorkerRefusal(own, true)).toBe(own);
  });
});
