import { OnestepError } from "@onestep/core";
import { describe, expect, inject, it } from "vitest";
import { browserCaches } from "./__fixtures__/browser-caches.ts";
import { openRepository } from "./index.ts";

const makeCache = browserCaches();

describe("in a browser", () => {
  it("a repository of the Hub is kept in the storage of the site", async () => {
    const options = { endpoint: inject("hubEndpoint"), cacheDir: makeCache() };
    const repository = await openRepository("onestep/emoji32", options);
    expect(repository.commit).toMatch(/^[0-9a-f]{40}$/);
    const file = await repository.get("unet/config.json");
    expect(file).toMatchObject({ path: "unet/config.json", localPath: undefined });
    expect(JSON.parse(await file.text())).toMatchObject({ _class_name: "UNet2DModel" });
    expect(await repository.find("none")).toBeUndefined();
    expect(await repository.sizeOf?.("unet/config.json")).toBe(file.size);
    expect(await repository.sizeOf?.("none")).toBeUndefined();
  });

  it("a folder on a web server is read with the browser's own fetch", async () => {
    const folder = new URL("/packages/hub/", window.location.href);
    const repository = await openRepository(folder, { cacheDir: makeCache() });
    const manifest: { name: string } = JSON.parse(await (await repository.get("package.json")).text());
    expect(manifest.name).toBe("@onestep/hub");
  });

  it("a folder on disk is refused", async () => {
    const error: unknown = await openRepository("file:///models/a").catch((thrown: unknown) => thrown);
    expect(OnestepError.isInstance(error) && error.code).toBe("unsupported");
  });
});
