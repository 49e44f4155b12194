import { describe, expect, it } from "vitest";
import { readLink } from "./link-header.ts";

describe("readLink", () => {
  const header = '<https://a/?x=1,2;y>; rel="next", <https://b>; title="t"; rel=xet-auth, <c>; rel="x y"';

  it("finds the target of a relation", () => {
    expect(readLink(header, "next")).toBe("https://a/?x=1,2;y");
    expect(readLink(header, "xet-auth")).toBe("https://b");
    expect(readLink(header, "y")).toBe("c");
  });

  it("finds nothing where there is nothing", () => {
    expect(readLink(header, "prev")).toBeUndefined();
    expect(readLink(null, "next")).toBeUndefined();
    expect(readLink("nonsense <", "next")).toBeUndefined();
    expect(readLink("<a>", "next")).toBeUndefined();
  });
});
