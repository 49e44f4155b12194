import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { UnsupportedError } from "@onestep/core";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { resolveHubCache, resolveHuggingFaceHome, resolveToken, resolveUrlCache } from "./settings.ts";

vi.mock(import("node:os"), async (original) => {
  const os = await original();
  return { ...os, homedir: vi.fn(os.homedir) };
});

const braced = ["$", "{NAME}"].join("");

// The same table as in huggingface_hub 2.0, constants.py.
describe("cache folders", () => {
  it.each([
    [{ HOME: "/home/me" }, "/home/me/.cache/huggingface"],
    [{ HOME: "/home/me", XDG_CACHE_HOME: "/cache" }, "/cache/huggingface"],
    [{ HOME: "/home/me", XDG_CACHE_HOME: "/cache", HF_HOME: "/hf" }, "/hf"],
    [{ HOME: "/home/me", HF_HOME: "~/hf" }, "/home/me/hf"],
    [{ HOME: "/home/me", HF_HOME: `$DATA/${braced}/hf`, DATA: "/data", NAME: "n" }, "/data/n/hf"],
    [{ HOME: "/home/me", HF_HOME: "/data/$NOT_SET" }, "/data/$NOT_SET"],
    [{ HOME: "/home/me", HF_HOME: "" }, "/home/me/.cache/huggingface"],
  ])("%j: home %s", (environment, home) => {
    expect(resolveHuggingFaceHome(environment)).toBe(resolve(home));
    expect(resolveHubCache(undefined, environment)).toBe(resolve(home, "hub"));
    expect(resolveUrlCache(undefined, environment)).toBe(resolve(home, "onestep", "urls"));
  });

  it("takes the option, then HF_HUB_CACHE, then HUGGINGFACE_HUB_CACHE", () => {
    const environment = { HOME: "/home/me", HF_HOME: "/hf", HUGGINGFACE_HUB_CACHE: "~/old" };
    expect(resolveHubCache(undefined, environment)).toBe(resolve("/home/me/old"));
    expect(resolveHubCache(undefined, { ...environment, HF_HUB_CACHE: "/new" })).toBe(resolve("/new"));
    expect(resolveHubCache("~/mine", { ...environment, HF_HUB_CACHE: "/new" })).toBe(
      resolve("/home/me/mine"),
    );
    expect(resolveHubCache("relative", environment)).toBe(resolve("relative"));
    expect(resolveUrlCache("/mine", environment)).toBe(resolve("/mine/onestep/urls"));
  });

  it("falls back to the system's home", () => {
    expect(resolveHuggingFaceHome({})).toBe(join(homedir(), ".cache", "huggingface"));
  });
});

describe("a user without a home folder", () => {
  beforeEach(() => {
    vi.mocked(homedir).mockImplementation(() => {
      throw new Error("A system error occurred: uv_os_homedir returned ENOENT (no such file or directory)");
    });
  });

  it("uses the folder it is given, whatever names it", async () => {
    expect(resolveHubCache("/mine", {})).toBe(resolve("/mine"));
    expect(resolveUrlCache("/mine", {})).toBe(resolve("/mine/onestep/urls"));
    expect(resolveHubCache(undefined, { HF_HOME: "/hf" })).toBe(resolve("/hf/hub"));
    expect(resolveHubCache(undefined, { HF_HUB_CACHE: "/cache" })).toBe(resolve("/cache"));
    expect(resolveUrlCache(undefined, { XDG_CACHE_HOME: "/xdg" })).toBe(
      resolve("/xdg/huggingface/onestep/urls"),
    );
    expect(await resolveToken(undefined, {})).toBeUndefined();
  });

  it.each([
    ["nothing", () => resolveHubCache(undefined, {})],
    ["a web URL", () => resolveUrlCache(undefined, {})],
    ["a path in the home folder", () => resolveHubCache("~/cache", {})],
  ])("is told to name a folder: %s", (_name, locate) => {
    expect(locate).toThrow(UnsupportedError);
    expect(locate).toThrow("pass `cacheDir` (`--cache-dir`), or set HF_HOME or HOME");
  });
});
