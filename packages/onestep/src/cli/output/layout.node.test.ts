import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatProgressLine, formatTable } from "./layout.ts";

describe("formatTable", () => {
  it("lines columns up, numbers to the right, without blanks at the end", () => {
    const rows = [
      ["MODEL", "SIZE", "USED"],
      ["a/b", "1 B", ""],
      ["long/name", "12.7 MB", "now"],
    ];
    expect(formatTable(rows, { right: [1], indent: " " })).toEqual([
      " MODEL         SIZE  USED",
      " a/b            1 B",
      " long/name  12.7 MB  now",
    ]);
  });

  it("counts the columns of a terminal: two for a wide character, one for what is shown as ?", () => {
    const rows = [
      ["模型/猫", "1 B"],
      ["a/👩‍🚀", "2 B"],
      ["\u001B[2J", "3 B"],
      ["a/e\u0301clair", "4 B"],
    ];
    expect(formatTable(rows)).toEqual([
      "模型/猫   1 B",
      "a/👩‍🚀      2 B",
      "\u001B[2J      3 B",
      "a/e\u0301clair  4 B",
    ]);
  });
});

describe("formatProgressLine", () => {
  it("shows label, bar, percent and detail", () => {
    const state = { label: "Fetching a", fraction: 0.5, detail: "1 of 2 GB" };
    expect(formatProgressLine(state, 80)).toBe(
      "Fetching a  [###############...............]   50 %  1 of 2 GB",
    );
  });

  it("shrinks the bar, then drops it, then cuts the label at its start", () => {
    const state = { label: "Fetching unet/weights.safetensors", fraction: 1, detail: "1.18 GB" };
    expect(formatProgressLine(state, 62)).toBe(
      "Fetching unet/weights.safetensors  [#########]  100 %  1.18 GB",
    );
    expect(formatProgressLine(state, 52)).toBe("Fetching unet/weights.safetensors  100 %  1.18 GB");
    expect(formatProgressLine(state, 40)).toBe("...t/weights.safetensors  100 %  1.18 GB");
  });

  it("has no bar where the end is not known", () => {
    expect(formatProgressLine({ label: "Loading unet", detail: "2.0 s" }, 80)).toBe("Loading unet  2.0 s");
    expect(formatProgressLine({ label: "Loading unet", detail: "" }, 80)).toBe("Loading unet");
  });

  it("counts columns, of which wide characters take two, and cuts between characters", () => {
    const state = { label: "Fetching 猫🦊👩‍🚀.png", detail: "1 of 2 GB" };
    expect(formatProgressLine(state, 30)).toBe("Fetching 猫🦊👩‍🚀.png  1 of 2 GB");
    expect(formatProgressLine(state, 29)).toBe("...hing 猫🦊👩‍🚀.png  1 of 2 GB");
    expect(formatProgressLine(state, 23)).toBe("...🦊👩‍🚀.png  1 of 2 GB");
    expect(formatProgressLine(state, 21)).toBe("...👩‍🚀.png  1 of 2 GB");
    expect(formatProgressLine({ label: "猫猫", detail: "" }, 3)).toBe("猫");
  });

  it("never exceeds the width", () => {
    const state = fc.record({
      label: fc.string(),
      fraction: fc.oneof(fc.constant(undefined), fc.double()),
      detail: fc.string(),
    });
    fc.assert(
      fc.property(state, fc.integer({ min: 0, max: 200 }), (drawn, columns) => {
        expect(formatProgressLine(drawn, columns).length).toBeLessThanOrEqual(columns);
      }),
    );
  });
});
