import { afterEach, describe, expect, it, vi } from "vitest";
import { InvalidArgumentError } from "./errors.ts";
import { setWarningHandler, type Warning, type WarningHandler, warn } from "./warn.ts";

afterEach(() => {
  setWarningHandler(undefined);
});

describe("warn", () => {
  it("goes to console.warn under the project's name", () => {
    const spy = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    warn("Mind the gap.", "hub");
    warn("Mind the gap.", "cache");
    expect(spy.mock.calls).toEqual([["[onestep] Mind the gap."], ["[onestep] Mind the gap."]]);
  });

  it("goes to the handler instead, as message and code", () => {
    const spy = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const warnings: Warning[] = [];
    setWarningHandler((warning) => warnings.push(warning));
    warn("Mind the gap.", "hub");
    warn("Mind the gap.", "cache");
    expect(warnings).toEqual([
      { message: "Mind the gap.", code: "hub" },
      { message: "Mind the gap.", code: "cache" },
    ]);
    expect(spy).not.toHaveBeenCalled();
  });

  it("says nothing where the handler is false", () => {
    const spy = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    setWarningHandler(false);
    warn("Mind the gap.", "hub");
    expect(spy).not.toHaveBeenCalled();
  });

  it("throws what the handler throws", () => {
    setWarningHandler(({ message }) => {
      throw new Error(message);
    });
    expect(() => warn("Mind the gap.", "hub")).toThrow("Mind the gap.");
  });
});

describe("setWarningHandler", () => {
  it("returns the handler before", () => {
    const handler: WarningHandler = () => undefined;
    expect(setWarningHandler(handler)).toBeUndefined();
    expect(setWarningHandler(false)).toBe(handler);
    expect(setWarningHandler(undefined)).toBe(false);
  });

  it("keeps the handler on the global object, where other copies of the package find it", () => {
    const slot = Symbol.for("onestep.warning-handler");
    const warnings: Warning[] = [];
    const handler: WarningHandler = (warning) => warnings.push(warning);
    setWarningHandler(handler);
    expect(Reflect.get(globalThis, slot)).toBe(handler);
    setWarningHandler(false);
    Reflect.set(globalThis, slot, handler);
    warn("Mind the gap.", "hub");
    expect(warnings).toEqual([{ message: "Mind the gap.", code: "hub" }]);
  });

  it.each([[true], [null], ["ignore"]])("refuses %j", (handler) => {
    const set = (): unknown => setWarningHandler(handler as unknown as WarningHandler);
    expect(set).toThrow(InvalidArgumentError);
    expect(set).toThrow("setWarningHandler: found");
  });
});
