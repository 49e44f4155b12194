import { describe, expect, it } from "vitest";
import { isEnabled, readVariable } from "./environment.ts";

describe("environment variables", () => {
  it("that are empty count as unset", () => {
    expect(readVariable({ HF_HOME: "" }, "HF_HOME")).toBeUndefined();
    expect(readVariable({}, "HF_HOME")).toBeUndefined();
    expect(readVariable({ HF_HOME: "/x" }, "HF_HOME")).toBe("/x");
  });

  it.each(["1", "ON", "on", "YES", "True"])("are switched on by %s", (value) => {
    expect(isEnabled({ FLAG: value }, "FLAG")).toBe(true);
  });

  it.each(["0", "", "off", "2", "y", undefined])("are not switched on by %s", (value) => {
    expect(isEnabled({ FLAG: value }, "FLAG")).toBe(false);
  });
});
