import { InvalidArgumentError } from "@onestep/core";
import { describe, expect, it, vi } from "vitest";
import { caught } from "./__fixtures__/caught.ts";
import { openRepository } from "./open-repository.ts";

describe("openRepository", () => {
  it.each([
    ["./models/none", "neither an existing folder nor a valid Hub id"],
    ["/models/none", "neither an existing folder nor a valid Hub id"],
    ["owner/name/sub", "neither an existing folder nor a valid Hub id (it has more than one slash)"],
    ["C:\\models\\none", "neither an existing folder nor a valid Hub id"],
    ["", 'found ""'],
    ["ftp://host/folder", "a URL of the scheme ftp:"],
    ["https://user:secret@host/folder", "a URL of host with a user name or password in it"],
    ["https://", "not a valid URL"],
    ["https://huggingface.co/datasets/owner/name", "expected the page of a model"],
    ["https://huggingface.co/owner/name/tree/main/unet", "expected the page of a model"],
    ["https://huggingface.co/", "expected the page of a model"],
  ])("refuses %j", async (source, message) => {
    const error = await caught(openRepository(source));
    expect(InvalidArgumentError.isInstance(error)).toBe(true);
    expect(error.message).toContain(message);
    expect(error.message).not.toContain("secret");
  });

  it.each([
    ["cd_imagenet64_l2.pt", "the name of a file"],
    ["model.safetensors", "the name of a file"],
    ["models/cd.ckpt", "the name of a file"],
    ["./dir/x.ckpt", "the name of a file"],
    ["C:\\models\\x.PTH", "the name of a file"],
    ["https://host.example/models/cd.pt?download=true", "the address of a file"],
    [new URL("https://host.example/models/edm.pkl"), "the address of a file"],
    ["https://huggingface.co/owner/name/blob/main/unet/model.safetensors", "the address of a file"],
    ["https://huggingface.co/owner/name/resolve/refs/pr/1/model.bin", "the address of a file"],
    ["https://mirror.example/base/owner/name/resolve/main/x.gguf", "the address of a file"],
  ])("says of %s that it is a file, and how to load it, without a request", async (source, found) => {
    const fetch = vi.fn();
    const error = await caught(openRepository(source, { endpoint: "https://mirror.example/base", fetch }));
    expect(InvalidArgumentError.isInstance(error)).toBe(true);
    expect(error.message).toContain(
      `found ${found}, expected a folder with the files of a model, or a Hub id`,
    );
    expect(error.message).toContain("`fromSingleFile`");
    expect(error.message).not.toContain("download=true");
    expect(fetch).not.toHaveBeenCalled();
  });

  it.each([
    "https://huggingface.co/owner/model.pt",
    "https://huggingface.co/owner/model.ckpt/tree/main",
    "https://host.example/models/cd.pt/",
    "https://host.example/models?file=cd.pt",
    "owner/model-gguf",
  ])("opens the repository or folder %s, whatever its name", async (source) => {
    const repository = await openRepository(source, { cacheDir: "none", localFilesOnly: true }).catch(
      (error: { readonly code: string }) => error.code,
    );
    expect(repository).not.toBe("invalid-argument");
  });

  it("refuses a revision that contradicts the URL's", async () => {
    const url = "https://huggingface.co/owner/name/tree/v1";
    const error = await caught(openRepository(url, { revision: "main", localFilesOnly: true }));
    expect(error.message).toContain('The option revision is "main", and the URL names "v1"');
  });

  it("refuses an endpoint that is not one", async () => {
    const option = await caught(openRepository("a/b", { endpoint: "huggingface.co" }));
    expect(option.message).toContain('option endpoint: found "huggingface.co"');
    const variable = await caught(
      openRepository("a/b", { environment: { HF_ENDPOINT: "https://u:secret@host" } }),
    );
    expect(variable.message).toContain("HF_ENDPOINT: found a URL of host with a user name");
    expect(variable.message).not.toContain("secret");
  });
});
