import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultSettings, largestCount, largestSeed, type Settings, type TextSettings } from "./settings.ts";
import { formatSettings, parseSettings } from "./settings-link.ts";

const settings: fc.Arbitrary<Settings> = fc.record({
  model: fc.oneof(
    fc.constant({ kind: "shipped" as const }),
    fc.record({
      kind: fc.constant("hub" as const),
      id: fc.string({ minLength: 1, unit: "grapheme" }).filter((id) => id.trim() === id),
      revision: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
    }),
  ),
  classLabel: fc.oneof(fc.nat(999), fc.constant("each" as const)),
  steps: fc.constant(1),
  timesteps: fc.option(
    fc.uniqueArray(fc.nat(999), { minLength: 1 }).map((values) => values.toSorted((a, b) => b - a)),
    { nil: undefined },
  ),
  seed: fc.nat(largestSeed),
  count: fc.integer({ min: 1, max: largestCount }),
});

const text: fc.Arbitrary<TextSettings> = fc.record({
  prompt: fc.string({ unit: "grapheme" }),
  negativePrompt: fc.string({ unit: "grapheme" }),
  guidanceScale: fc.integer({ min: 0, max: 1000 }).map((tenths) => tenths / 10),
  width: fc.integer({ min: 8, max: 2048 }),
  height: fc.integer({ min: 8, max: 2048 }),
});

describe("a link", () => {
  it("brings back the settings that it was made from", () => {
    fc.assert(
      fc.property(settings, (given) => {
        expect(parseSettings(`#${formatSettings(given)}`)).toEqual({ settings: given, faults: [] });
      }),
    );
  });

  it("brings back a prompt and what belongs to it", () => {
    fc.assert(
      fc.property(settings, text, fc.integer({ min: 1, max: 150 }), (given, wanted, steps) => {
        const whole = { ...given, classLabel: 0, steps, timesteps: undefined, text: wanted };
        expect(parseSettings(`#${formatSettings(whole)}`)).toEqual({ settings: whole, faults: [] });
      }),
    );
    expect(parseSettings("#prompt=a&guidance=-1&size=big&steps=151")?.faults).toEqual([
      "steps=151",
      "size=big",
      "guidance=-1",
    ]);
  });

  it("is short, and readable", () => {
    expect(formatSettings({ ...defaultSettings, timesteps: [32, 0] })).toBe(
      "class=each&seed=40&timesteps=32,0&images=30",
    );
    const model = { kind: "hub", id: "openai/diffusers-cd_imagenet64_l2", revision: undefined } as const;
    expect(formatSettings({ ...defaultSettings, model, classLabel: 145, steps: 1, count: 4 })).toBe(
      "model=openai/diffusers-cd_imagenet64_l2&class=145&seed=40&steps=1&images=4",
    );
  });

  it("leaves the model of a person's files out", () => {
    expect(formatSettings({ ...defaultSettings, model: { kind: "files" } })).toBe(
      "class=each&seed=40&steps=1&images=30",
    );
  });

  it.each(["", "#", "#title", "#a=b"])("is not everything after a #: %j", (fragment) => {
    expect(parseSettings(fragment)).toBeUndefined();
  });

  it("asks for one image of the first class where it does not say more, whatever the page begins with", () => {
    expect(parseSettings("#seed=5")).toEqual({
      settings: { ...defaultSettings, classLabel: 0, steps: 1, seed: 5, count: 1 },
      faults: [],
    });
  });

  it("names what is wrong in it, and goes on as if that were not there", () => {
    const fragment = "#class=-1&seed=4294967296&steps=0&timesteps=0,5&images=65";
    expect(parseSettings(fragment)).toEqual({
      settings: { ...defaultSettings, classLabel: 0, seed: 7, steps: 1, count: 1 },
      faults: ["class=-1", "steps=0", "timesteps=0,5", "seed=4294967296", "images=65"],
    });
  });

  it("can be any text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const parsed = parseSettings(`seed=${text}`);
        const { seed } = parsed?.settings ?? { seed: Number.NaN };
        expect(Number.isInteger(seed) && seed >= 0 && seed <= largestSeed).toBe(true);
      }),
    );
  });
});
