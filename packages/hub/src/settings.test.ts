import { InvalidArgumentError } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { InvalidTokenError } from "./errors.ts";
import {
  cleanToken,
  downloadTimeout,
  isEnabled,
  isOffline,
  joinEndpoint,
  metadataTimeout,
  readVariable,
  resolveEndpoint,
  xetFromBytes,
} from "./settings.ts";

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

describe("isOffline", () => {
  it("is so by the option or by either variable", () => {
    expect(isOffline(true, {})).toBe(true);
    expect(isOffline(undefined, { HF_HUB_OFFLINE: "1" })).toBe(true);
    expect(isOffline(undefined, { TRANSFORMERS_OFFLINE: "yes" })).toBe(true);
    expect(isOffline(undefined, {})).toBe(false);
  });

  it("is so although the option is false, as in Python", () => {
    expect(isOffline(false, { HF_HUB_OFFLINE: "1" })).toBe(true);
  });

  it("asks TRANSFORMERS_OFFLINE only where HF_HUB_OFFLINE is unset", () => {
    expect(isOffline(undefined, { HF_HUB_OFFLINE: "0", TRANSFORMERS_OFFLINE: "1" })).toBe(false);
    expect(isOffline(undefined, { HF_HUB_OFFLINE: "", TRANSFORMERS_OFFLINE: "1" })).toBe(true);
  });
});

describe("patience", () => {
  it("is 10 s, or what the variables say", () => {
    expect(metadataTimeout({}).seconds).toBe(10);
    expect(downloadTimeout({}).seconds).toBe(10);
    expect(metadataTimeout({ HF_HUB_ETAG_TIMEOUT: "3" }).seconds).toBe(3);
    expect(downloadTimeout({ HF_HUB_DOWNLOAD_TIMEOUT: "0.5" }).seconds).toBe(0.5);
    expect(downloadTimeout({ HF_HUB_DOWNLOAD_TIMEOUT: "0" }).seconds).toBe(10);
  });

  it.each(["soon", "-1", "1e9", "99999999", "Infinity", "0x10"])("refuses %s", (value) => {
    let thrown: unknown;
    try {
      metadataTimeout({ HF_HUB_ETAG_TIMEOUT: value });
    } catch (error) {
      thrown = error;
    }
    expect(InvalidArgumentError.isInstance(thrown)).toBe(true);
    expect((thrown as Error).message).toContain(`HF_HUB_ETAG_TIMEOUT: found "${value}"`);
  });
});

it("xetFromBytes asks for chunks where they are wanted, or where there is no other way", () => {
  expect(xetFromBytes({})).toBe(50e9);
  expect(xetFromBytes({ HF_XET_HIGH_PERFORMANCE: "1" })).toBe(8 * 1024 * 1024);
  expect(xetFromBytes({ HF_XET_HIGH_PERFORMANCE: "1", HF_HUB_DISABLE_XET: "1" })).toBe(
    Number.POSITIVE_INFINITY,
  );
});

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
