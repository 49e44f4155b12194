import { afterEach, describe, expect, it } from "vitest";
import { type LoopbackRegistry, startLoopbackRegistry } from "./loopback-registry.ts";

const tarball = Buffer.from("a tarball");

function publication(name: string, version: string): string {
  return JSON.stringify({
    name,
    "dist-tags": { latest: version },
    versions: {
      [version]: { name, version, dist: { integrity: "sha512-x", shasum: "y", tarball: "elsewhere" } },
    },
    _attachments: { [`${name}-${version}.tgz`]: { data: tarball.toString("base64") } },
  });
}

describe("startLoopbackRegistry", () => {
  let registry: LoopbackRegistry;
  const put = (name: string, version: string) =>
    fetch(`${registry.url}${encodeURIComponent(name)}`, { method: "PUT", body: publication(name, version) });

  afterEach(() => registry.close());

  it("serves what was published", async () => {
    registry = await startLoopbackRegistry({ names: ["@scope/a"] });
    expect((await put("@scope/a", "1.0.0")).status).toBe(201);
    expect((await put("@scope/a", "1.1.0")).status).toBe(201);
    expect(registry.published).toEqual(["@scope/a@1.0.0", "@scope/a@1.1.0"]);

    const packument = await (await fetch(`${registry.url}@scope%2fa`)).json();
    expect(packument["dist-tags"]).toEqual({ latest: "1.1.0" });
    expect(packument.versions["1.0.0"].dist.integrity).toBe("sha512-x");
    const served = await fetch(packument.versions["1.0.0"].dist.tarball);
    expect(Buffer.from(await served.arrayBuffer())).toEqual(tarball);
  });

  it("refuses a version that it has, and a package that is not expected", async () => {
    registry = await startLoopbackRegistry({ names: ["a"] });
    await put("a", "1.0.0");
    expect((await put("a", "1.0.0")).status).toBe(409);
    expect((await put("b", "1.0.0")).status).toBe(403);
    expect(registry.published).toEqual(["a@1.0.0"]);
  });

  it("sends clients on for what is not its own, and never for what is", async () => {
    registry = await startLoopbackRegistry({ names: ["a"], upstream: "http://127.0.0.1:9/npm/" });
    const elsewhere = await fetch(`${registry.url}b`, { redirect: "manual" });
    expect([elsewhere.status, elsewhere.headers.get("location")]).toEqual([307, "http://127.0.0.1:9/npm/b"]);
    expect((await fetch(`${registry.url}a`, { redirect: "manual" })).status).toBe(404);
  });

  it("finds nothing else without an upstream", async () => {
    registry = await startLoopbackRegistry({ names: [] });
    expect((await fetch(`${registry.url}b`)).status).toBe(404);
  });
});
