import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { columnsOf, formatProgressLine, formatTable } from "./layout.ts";

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

describe("formatTable in a terminal", () => {
  const rows = [
    ["Model", "me/a"],
    ["Components", "unet: UNet2DModel, scheduler: 模型模型模型 e\u0301e\u0301"],
  ];

  it("wraps long cells, and counts columns", () => {
    expect(formatTable(rows, { columns: 36 })).toEqual([
      "Model       me/a",
      "Components  unet: UNet2DModel,",
      "            scheduler: 模型模型模型",
      "            éé",
    ]);
    expect(formatTable(rows)).toHaveLength(2);
  });

  it("keeps numbers whole, and cuts words that are too long", () => {
    expect(formatTable([["a/very-long-name", "1.18 GB"]], { right: [1], columns: 20 })).toEqual([
      "a/very-long  1.18 GB",
      "-name",
    ]);
  });

  it("never exceeds the width", () => {
    const cell = fc.array(fc.constantFrom("a", " ", "模", "🦊", "e\u0301", "-"), { maxLength: 60 });
    const table = fc.array(fc.tuple(cell, cell), { maxLength: 4 });
    fc.assert(
      fc.property(table, fc.integer({ min: 20, max: 100 }), (drawn, columns) => {
        const text = drawn.map((row) => row.map((characters) => characters.join("")));
        for (const line of formatTable(text, { columns })) {
          expect(columnsOf(line)).toBeLessThanOrEqual(columns);
        }
      }),
    );
  });
});

describe("formatProgressLine", () => {
  it("shows label, bar, percent and detail", () => {
    const state = { label: "Fetching a", fraction: 0.5, facts: ["1 of 2 GB"] };
    expect(formatProgressLine(state, 80)).toBe(
      "Fetching a  [###############...............]   50 %  1 of 2 GB",
    );
  });

  it("shrinks the bar, then drops it, then cuts the label at its start", () => {
    const state = { label: "Fetching unet/weights.safetensors", fraction: 1, facts: ["1.18 GB"] };
    expect(formatProgressLine(state, 62)).toBe(
      "Fetching unet/weights.safetensors  [#########]  100 %  1.18 GB",
    );
    expect(formatProgressLine(state, 52)).toBe("Fetching unet/weights.safetensors  100 %  1.18 GB");
    expect(formatProgressLine(state, 40)).toBe("...t/weights.safetensors  100 %  1.18 GB");
  });

  it("leaves out the speed first, then the size, then the time left", () => {
    const state = {
      label: "Fetching 3 files",
      fraction: 0.25,
      facts: ["1.08 GB of 4.30 GB", "12.0 MB/s", "4 min 05 s left"],
    };
    expect(formatProgressLine(state, 79)).toBe(
      "Fetching 3 files   25 %  1.08 GB of 4.30 GB, 12.0 MB/s, 4 min 05 s left",
    );
    expect(formatProgressLine(state, 69)).toBe(
      "Fetching 3 files   25 %  1.08 GB of 4.30 GB, 4 min 05 s left",
    );
    expect(formatProgressLine(state, 45)).toBe("Fetching 3 files   25 %  4 min 05 s left");
    expect(formatProgressLine(state, 39)).toBe("Fetching 3 files  [###.........]   25 %");
  });

  it("has no bar where the end is not known", () => {
    expect(formatProgressLine({ label: "Loading unet", facts: ["2.0 s"] }, 80)).toBe("Loading unet  2.0 s");
    expect(formatProgressLine({ label: "Loading unet", facts: [] }, 80)).toBe("Loading unet");
  });

  it("counts columns, of which wide characters take two, and cuts between characters", () => {
    const state = { label: "Fetching 猫🦊👩‍🚀.png", facts: ["1 of 2 GB"] };
    expect(formatProgressLine(state, 30)).toBe("Fetching 猫🦊👩‍🚀.png  1 of 2 GB");
    expect(formatProgressLine(state, 29)).toBe("...hing 猫🦊👩‍🚀.png  1 of 2 GB");
    expect(formatProgressLine(state, 23)).toBe("...🦊👩‍🚀.png  1 of 2 GB");
    expect(formatProgressLine(state, 21)).toBe("...👩‍🚀.png  1 of 2 GB");
    expect(formatProgressLine({ label: "猫猫", facts: [] }, 3)).toBe("猫");
  });

  it("never exceeds the width", () => {
    const state = fc.record({
      label: fc.string(),
      fraction: fc.oneof(fc.constant(undefined), fc.double()),
      facts: fc.array(fc.string(), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(state, fc.integer({ min: 0, max: 200 }), (drawn, columns) => {
        expect(formatProgressLine(drawn, columns).length).toBeLessThanOrEqual(columns);
      }),
    );
  });
});
