import { expect, it } from "vitest";
import { aliasedEnumField } from "./aliased-enum-field.ts";

const field = aliasedEnumField(["bh1", "bh2"], "bh2", { midpoint: "bh2" });

it("reads the words of others as its own and leaves them in the file", () => {
  expect(field.read("bh1")).toBe("bh1");
  expect(field.read("midpoint")).toBe("bh2");
  expect(field.write("midpoint")).toBe("midpoint");
});

it("refuses everything else", () => {
  expect(field.description).toBe("one of bh1, bh2");
  expect(field.read("toString")).toBeUndefined();
  expect(field.write(1)).toBeUndefined();
});
