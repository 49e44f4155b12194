import { describe, expect, it } from "vitest";
import { freeBuffer } from "./free-buffer.ts";

describe("freeBuffer", () => {
  it("frees a buffer where the platform can, and leaves it alone elsewhere", () => {
    const bytes = new Uint8Array(1000);
    freeBuffer(bytes.buffer);
    expect(bytes).toHaveLength("transfer" in ArrayBuffer.prototype ? 0 : 1000);
  });

  it("takes a buffer that was sent elsewhere", () => {
    const bytes = new Uint8Array(1000);
    structuredClone(bytes, { transfer: [bytes.buffer] });
    freeBuffer(bytes.buffer);
    expect(bytes).toHaveLength(0);
  });

  it("leaves shared memory alone", () => {
    const shared = new SharedArrayBuffer(8);
    freeBuffer(shared);
    expect(shared.byteLength).toBe(8);
  });
});
