import { describe, expect, it } from "vitest";
import { ProtobufWriter } from "./protobuf-writer.ts";

const hex = (writer: ProtobufWriter): string =>
  Array.from(writer.finish(), (byte) => byte.toString(16).padStart(2, "0")).join("");

// Expected bytes follow the wire format of protocol buffers (protobuf.dev/programming-guides/encoding).
describe("ProtobufWriter", () => {
  it("writes varints, in ten bytes where negative", () => {
    expect(hex(new ProtobufWriter().integer(1, 150))).toBe("089601");
    expect(hex(new ProtobufWriter().integer(1, 0))).toBe("0800");
    expect(hex(new ProtobufWriter().integer(1, -1))).toBe("08ffffffffffffffffff01");
    expect(hex(new ProtobufWriter().integer(1, 2 ** 40))).toBe("08808080808020");
    expect(hex(new ProtobufWriter().integer(1, 2n ** 63n - 1n))).toBe("08ffffffffffffffff7f");
  });

  it("writes field numbers above 15 in two bytes", () => {
    expect(hex(new ProtobufWriter().integer(20, 7))).toBe("a00107");
  });

  it("writes strings, nested messages and floats", () => {
    expect(hex(new ProtobufWriter().bytes(2, "testing"))).toBe("120774657374696e67");
    expect(hex(new ProtobufWriter().bytes(3, new ProtobufWriter().integer(1, 150)))).toBe("1a03089601");
    expect(hex(new ProtobufWriter().float(2, 1))).toBe("150000803f");
  });

  it("writes more than it has room for at first", () => {
    const bytes = Uint8Array.from({ length: 300 }, (_, index) => index % 256);
    const message = new ProtobufWriter()
      .bytes(1, bytes)
      .bytes(2, new ProtobufWriter().bytes(1, bytes))
      .finish();
    expect(message.length).toBe(3 + 300 + 3 + 3 + 300);
    expect(message.subarray(3, 303)).toEqual(bytes);
    expect(message.subarray(309)).toEqual(bytes);
  });

  it("packs repeated integers", () => {
    expect(hex(new ProtobufWriter().packedIntegers(6, [3, 270, 86942]))).toBe("3206038e029ea705");
  });
});
