import { describe, expect, it } from "vitest";
import { joinEndpoint, resolveEndpoint } from "./endpoint.ts";

describe("resolveEndpoint", () => {
  it("takes the option, then HF_ENDPOINT, then the Hub", () => {
    const environment = { HF_ENDPOINT: "https://mirror.example/hub/" };
    expect(resolveEndpoint("http://127.0.0.1:1/", environment).href).toBe("http://127.0.0.1:1/");
    expect(resolveEndpoint(undefined, environment).href).toBe("https://mirror.example/hub");
    expect(resolveEndpoint(undefined, {}).href).toBe("https://huggingface.co/");
    // As scripts leave it that set a variable to nothing.
    expect(resolveEndpoint(undefined, { HF_ENDPOINT: " \t" }).href).toBe("https://huggingface.co/");
  });

  it.each(["", "huggingface.co", "ftp://host", "https://user@host", "https://host/?x=1", "https://host/#x"])(
    "refuses %j",
    (endpoint) => {
      expect(() => resolveEndpoint(endpoint, {})).toThrow("option endpoint: found");
    },
  );
});

describe("joinEndpoint", () => {
  it("keeps the path of a mirror", () => {
    expect(joinEndpoint(new URL("https://mirror.example/hub"), "/api/x?y=1").href).toBe(
      "https://mirror.example/hub/api/x?y=1",
    );
    expect(joinEndpoint(new URL("https://huggingface.co"), "/a/b").href).toBe("https://huggingface.co/a/b");
  });
});
