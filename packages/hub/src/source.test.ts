import { describe, expect, it } from "vitest";
import { parseRepositorySource } from "./source.ts";

const hub = new URL("https://huggingface.co");
const mirror = new URL("https://mirror.example/base");

describe("parseRepositorySource", () => {
  it("leaves names to the disk", () => {
    for (const name of ["openai/diffusers-cd_imagenet64_l2", "gpt2", "./folder", "C:\\models", "a:b"]) {
      expect(parseRepositorySource(name, hub)).toEqual({ kind: "name", name });
    }
  });

  it("knows URLs of folders", () => {
    expect(parseRepositorySource("file:///models/a", hub).kind).toBe("folder-url");
    expect(parseRepositorySource(new URL("FILE:///models/a"), hub).kind).toBe("folder-url");
    expect(parseRepositorySource("HTTPS://host.example/models/a/", hub)).toMatchObject({ kind: "web" });
  });

  it.each([
    ["https://huggingface.co/owner/name", hub, "owner/name", undefined],
    ["https://huggingface.co/owner/name/", hub, "owner/name", undefined],
    ["https://huggingface.co/gpt2", hub, "gpt2", undefined],
    ["https://hf.co/owner/name", hub, "owner/name", undefined],
    ["https://huggingface.co/owner/name/tree/main", hub, "owner/name", "main"],
    ["https://huggingface.co/owner/name/resolve/v1.0/", hub, "owner/name", "v1.0"],
    ["https://huggingface.co/owner/name/tree/refs%2Fpr%2F1", hub, "owner/name", "refs/pr/1"],
    ["https://huggingface.co/owner/name/tree/refs/pr/1", hub, "owner/name", "refs/pr/1"],
    ["https://huggingface.co/gpt2/tree/main", hub, "gpt2", "main"],
    ["https://huggingface.co/owner/name/tree", hub, "owner/name", undefined],
    // Repositories that are called as the words of such addresses.
    ["https://huggingface.co/owner/tree", hub, "owner/tree", undefined],
    ["https://huggingface.co/owner/resolve/", hub, "owner/resolve", undefined],
    ["https://huggingface.co/owner/tree/tree/main", hub, "owner/tree", "main"],
    ["https://huggingface.co/tree/name/resolve/v1", hub, "tree/name", "v1"],
    ["https://huggingface.co/owner/tree/resolve/refs/pr/1", hub, "owner/tree", "refs/pr/1"],
    ["https://mirror.example/base/owner/name", mirror, "owner/name", undefined],
    ["https://huggingface.co/owner/name", mirror, "owner/name", undefined],
  ])("understands %s as an id", (url, endpoint, id, revision) => {
    expect(parseRepositorySource(url, endpoint)).toEqual({ kind: "hub", id, revision });
  });

  it("takes another path on a mirror's host for a folder", () => {
    expect(parseRepositorySource("https://mirror.example/files/a", mirror).kind).toBe("web");
  });

  it.each([
    ["https://huggingface.co/", "the page of a model"],
    ["https://huggingface.co/datasets/owner/name", "the page of a model"],
    ["https://huggingface.co/datasets/squad", "the page of a model"],
    ["https://huggingface.co/spaces/owner", "the page of a model"],
    ["https://huggingface.co/owner/name/blob/main/config.json", "the page of a model"],
    ["https://huggingface.co/owner/name/tree/main/unet", "the page of a model"],
    ["https://huggingface.co/owner/%E0%A4%A", "the page of a model"],
    ["data://x", "a URL of the scheme data:"],
  ])("refuses %s", (url, message) => {
    expect(() => parseRepositorySource(url, hub)).toThrow(message);
  });

  it("refuses what is neither text nor a URL", () => {
    expect(() => parseRepositorySource(7 as unknown as string, hub)).toThrow("found number");
    expect(() => parseRepositorySource("a\0b", hub)).toThrow("source of the repository: found");
  });
});
