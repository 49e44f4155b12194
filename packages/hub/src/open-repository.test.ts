import { InvalidArgumentError } from "@onestep/core";
import { describe, expect, it } from "vitest";
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

  it("refuses a revision that contradicts the URL's", async () => {
    const url = "https://huggingface.co/owner/name/tree/v1";
    const error = await caught(openRepository(url, { revision: "main", localFilesOnly: true }));
    expect(error.message).toContain('found "main", while the URL names "v1"');
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
