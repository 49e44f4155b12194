import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ParsedArguments, parseArguments, UsageError } from "./parse-arguments.ts";

const definitions = {
  name: "generate",
  options: [
    { name: "seed", value: "n", repeatable: true, description: "" },
    { name: "out", short: "o", value: "file", description: "" },
    { name: "quiet", short: "q", description: "" },
  ],
  maximumPositionals: 1,
};

const parse = (...words: string[]) => parseArguments(words, definitions);

describe("parseArguments", () => {
  it("takes values after a space, after =, and after a short name", () => {
    expect(parse("--out", "a.png").text("out")).toBe("a.png");
    expect(parse("--out=a=b.png").text("out")).toBe("a=b.png");
    expect(parse("-o", "a.png").text("out")).toBe("a.png");
    expect(parse("-oa.png").text("out")).toBe("a.png");
  });

  it("takes a negative number for a value", () => {
    expect(parse("--seed", "-1").texts("seed")).toEqual(["-1"]);
  });

  it("takes switches, repeated options, and arguments among them", () => {
    const parsed = parse("-q", "--seed", "1", "model", "--seed=2");
    expect(parsed.has("quiet")).toBe(true);
    expect(parsed.has("out")).toBe(false);
    expect(parsed.texts("seed")).toEqual(["1", "2"]);
    expect(parsed.text("out")).toBeUndefined();
    expect(parsed.positionals).toEqual(["model"]);
  });

  it("takes what follows -- for an argument", () => {
    expect(parse("--", "--model").positionals).toEqual(["--model"]);
  });

  it.each([
    [["--sede", "1"], "`onestep generate` has no option --sede. Did you mean --seed?"],
    [["--colour"], "`onestep generate` has no option --colour."],
    [["-x"], "`onestep generate` has no option -x."],
    [["--out"], "--out needs a value: --out <file>."],
    [["-o"], "-o needs a value: --out <file>."],
    [["--out="], "--out needs a value: --out <file>."],
    [["--out", "--quiet"], "--out needs a value: --out <file>."],
    [["--quiet=yes"], '--quiet takes no value, and was given "yes".'],
    [["-o", "a", "--out", "b"], "--out was given twice, and takes one value."],
    [["a", "b", "c"], 'Unexpected "b", "c" after `onestep generate`.'],
  ])("refuses %j", (words, message) => {
    expect(() => parse(...words)).toThrow(UsageError);
    expect(() => parse(...words)).toThrow(message);
  });

  it("names the command that was meant", () => {
    expect(() => parse("--colour")).toThrow(expect.objectContaining({ command: "generate" }));
  });

  it("parses or refuses any words, and never fails otherwise", () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom("--seed", "--seed=", "-o", "-q", "--", "-", "--__proto__", "--constructor=1", "-qo"),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (words) => {
        try {
          expect(parse(...words)).toBeInstanceOf(ParsedArguments);
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
        }
      }),
    );
  });
});
