import { OnestepError } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { openRepository, scanCache } from "./index.ts";

const commit = "1".repeat(40);
const weights = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251);

/** A Hub as far as a browser sees it: redirects are followed before it hears of them. */
const hub: typeof fetch = async (input, init) => {
  const { pathname } = new URL(input instanceof Request ? input.url : input);
  if (pathname === "/api/models/a/b/revision/main") return Response.json({ sha: commit });
  if (pathname !== `/a/b/resolve/${commit}/w.bin`) return new Response(null, { status: 404 });
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(new Headers(init?.headers).get("Range") ?? "") ?? [];
  const part = weights.slice(Number(first), Number(last) + 1);
  const headers = { "Content-Range": `bytes ${first}-${Number(first) + part.length - 1}/${weights.length}` };
  return new Response(part, { status: 206, headers });
};

describe("in a browser", () => {
  it("a repository of the Hub is read in place", async () => {
    const repository = await openRepository("a/b", { endpoint: "https://hub.example", fetch: hub });
    expect(repository.commit).toBe(commit);
    const file = await repository.get("w.bin");
    expect(file).toMatchObject({ size: weights.length, localPath: undefined });
    expect(await file.read(8, 16)).toEqual(weights.slice(8, 16));
    expect(await file.read(90_000, 90_008)).toEqual(weights.slice(90_000, 90_008));
    expect(await repository.find("none")).toBeUndefined();
  });

  it("a folder on a web server is read with the browser's own fetch", async () => {
    const repository = await openRepository(new URL("/packages/hub/", window.location.href));
    const manifest: { name: string } = JSON.parse(await (await repository.get("package.json")).text());
    expect(manifest.name).toBe("@onestep/hub");
  });

  it("what needs a disk is refused", async () => {
    for (const refused of [openRepository("file:///models/a"), scanCache()]) {
      const error: unknown = await refused.catch((thrown: unknown) => thrown);
      expect(OnestepError.isInstance(error) && error.code).toBe("unsupported");
    }
  });
});
