import { describe, expect, it } from "vitest";
import { InvalidTokenError } from "../errors/invalid-token-error.ts";
import { cleanToken } from "./clean-token.ts";

describe("cleanToken", () => {
  it("drops white space and line breaks", () => {
    expect(cleanToken(" hf_abc\r\n", "x")).toBe("hf_abc");
    expect(cleanToken("\n", "x")).toBeUndefined();
  });

  it.each(["hf_a b", "hf_\u00e9", "hf_\u0000x"])("refuses %j without repeating it", (token) => {
    let thrown: unknown;
    try {
      cleanToken(token, "HF_TOKEN");
    } catch (error) {
      thrown = error;
    }
    expect(InvalidTokenError.isInstance(thrown)).toBe(true);
    expect((thrown as Error).message).toMatch(/^HF_TOKEN: found characters that no token has/);
    expect((thrown as Error).message).not.toContain("hf_");
  });
});
