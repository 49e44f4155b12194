import { describe, expect, it } from "vitest";
import { ProtobufWriter } from "./protobuf-writer.ts";

const hex = (writer: ProtobufWriter): string => Buffer.from(writer.finish()).toString("hex");

// Expected bytes follow the wire format of protocol buffers (protobuf.dev/programming-guides/encoding).
describe("ProtobufWriter", () => {
  it("writes varints, in ten bytes where negative", () => {
    expect(hex(new ProtobufWriter().integer(1, 150))).toBe("089601");
    expect(hex(new ProtobufWriter().integer(1, 0))).toBe("0800");
    expect(hex(new ProtobufWriter().integer(1, -1))).toBe("08ffffffffffffffffff01");
    expect(hex(new ProtobufWriter().integer(1, 2 ** 40))).toBe("08808080808020");
  });

  it("writes field numbers above 15 in two bytes", () => {
    expect(hex(new ProtobufWriter().integer(20, 7))).toBe("a00107");
  });

  it("writes strings, nested messages and floats", () => {
    expect(hex(new ProtobufWriter().bytes(2, "testing"))).toBe("120774657374696e67");
    expect(hex(new ProtobufWriter().bytes(3, new ProtobufWriter().integer(1, 150)))).toBe("1a03089601");
    expect(hex(new ProtobufWriter().float(2, 1))).toBe("150000803f");
  });

  it("packs repeated integers", () => {
    expect(hex(new ProtobufWriter().packedIntegers(6, [3, 270, 86942]))).toBe("3206038e029ea705");
  });
});
