import { describe, expect, it } from "vitest";
import { readXetReference } from "./file.ts";

const endpoint = new URL("https://huggingface.co");
const hash = "a".repeat(64);
const auth = "https://huggingface.co/api/models/a/b/xet-read-token/1";
const info = "https://cas.example/v1/reconstructions/x";

function headers(parts: Record<string, string> = {}): Headers {
  return new Headers({
    "X-Xet-Hash": hash,
    "X-Linked-Size": "12",
    Link: `<${auth}>; rel="xet-auth", <${info}>; rel="xet-reconstruction-info"`,
    ...parts,
  });
}

describe("readXetReference", () => {
  it("reads what the Hub offers", () => {
    expect(readXetReference(headers(), endpoint)).toEqual({
      hash,
      size: 12,
      refreshUrl: new URL(auth),
      reconstructionUrl: new URL(info),
    });
  });

  it("asks a mirror for the token, where the headers are passed on from the Hub", () => {
    const mirror = new URL("https://mirror.example/hub");
    expect(readXetReference(headers(), mirror)?.refreshUrl.href).toBe(
      "https://mirror.example/hub/api/models/a/b/xet-read-token/1",
    );
  });

  it.each([
    [{ "X-Xet-Hash": "../../etc" }],
    [{ "X-Linked-Size": "many" }],
    [{ Link: "" }],
    [{ Link: `<https://evil.example/>; rel="xet-auth", <${info}>; rel="xet-reconstruction-info"` }],
    [{ Link: `<${auth}>; rel="xet-auth", <nowhere>; rel="xet-reconstruction-info"` }],
    [{ Link: `<nowhere>; rel="xet-auth", <${info}>; rel="xet-reconstruction-info"` }],
  ])("takes %j for no offer", (parts) => {
    expect(readXetReference(headers(parts as Record<string, string>), endpoint)).toBeUndefined();
  });
});
