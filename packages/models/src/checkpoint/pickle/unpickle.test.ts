import { op, type PicklePart, pickleBytes } from "@onestep/torch-files";
import { describe, expect, it } from "vitest";
import { CheckpointError, UnsafePickleError } from "../../errors.ts";
import type { PickleWorld } from "./pickle-context.ts";
import { PickleDict, PickleGlobal, PickleSet, PickleTuple, type PickleValue } from "./pickle-value.ts";
import { maximumPickleBytes, unpickle } from "./unpickle.ts";

const pair = new PickleGlobal("known.pair", (args) => (args.length === 2 ? [...args] : undefined));
const data = new PickleGlobal("known.data");
const world: PickleWorld = {
  findGlobal: (module, name) => [pair, data].find((item) => item.name === `${module}.${name}`),
  loadPersistent: (id) => (id === "here" ? "found" : undefined),
};

function read(...parts: readonly PicklePart[]): PickleValue {
  return unpickle("data.pkl", pickleBytes(...parts), world);
}

/** Tuples, dicts and sets in a form that can be compared at a glance. */
function plain(value: PickleValue): unknown {
  if (value instanceof PickleTuple) return { tuple: value.items.map(plain) };
  if (value instanceof PickleSet) return { set: value.items.map(plain) };
  if (value instanceof PickleDict)
    return new Map([...value.entries].map(([key, item]) => [plain(key), plain(item)]));
  return Array.isArray(value) ? value.map(plain) : value;
}

function errorOf(...parts: readonly PicklePart[]): CheckpointError {
  try {
    read(...parts);
  } catch (error) {
    expect(CheckpointError.isInstance(error), String(error)).toBe(true);
    return error as CheckpointError;
  }
  throw new Error("nothing was thrown");
}

describe("unpickle", () => {
  it.each<[string, readonly PicklePart[], unknown]>([
    ["None", ["N"], null],
    ["True and False", ["\x88\x89\x86"], { tuple: [true, false] }],
    ["True and False of protocol 0", ["I01\nI00\n\x86"], { tuple: [true, false] }],
    [
      "integers of one, two and four bytes",
      ["K\xff", "M\xff\xff", "J\xfe\xff\xff\xff", "\x87"],
      { tuple: [255, 65535, -2] },
    ],
    ["integers as text", ["I-12\n", "L34L\n", "\x86"], { tuple: [-12, 34] }],
    ["a long integer of no bytes", ["\x8a\x00"], 0],
    ["a negative long integer", ["\x8a\x02\x00\xff"], -256],
    ["an integer beyond 2^53", ["\x8b\x08\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x40"], 2n ** 62n + 1n],
    ["floats", ["G\x3f\xf8\x00\x00\x00\x00\x00\x00", "F-2.5e3\n", "\x86"], { tuple: [1.5, -2500] }],
    [
      "floats that are none",
      ["F-inf\n", "Fnan\n", "\x86"],
      { tuple: [Number.NEGATIVE_INFINITY, Number.NaN] },
    ],
    ["text", [op.text("größe")], "größe"],
    [
      "short and long text",
      ["\x8c\x02ab", "\x8d\x01\x00\x00\x00\x00\x00\x00\x00c", "\x86"],
      { tuple: ["ab", "c"] },
    ],
    ["text of protocol 0", ["Va\\u00e9\xe9\\U0001f600\n"], "aéé😀"],
    [
      "text of Python 2",
      ["T\x02\x00\x00\x00ab", "U\x01c", "S'd\\'\\n\\x41\\101'\n", "\x87"],
      { tuple: ["ab", "c", "d'\nAA"] },
    ],
    [
      "bytes",
      ["C\x01a", "B\x01\x00\x00\x00b", "\x8e\x01\x00\x00\x00\x00\x00\x00\x00c", "\x87"],
      { tuple: [new Uint8Array([97]), new Uint8Array([98]), new Uint8Array([99])] },
    ],
    ["a bytearray", ["\x96\x01\x00\x00\x00\x00\x00\x00\x00a"], new Uint8Array([97])],
    [
      "tuples",
      [")", "K\x01\x85", "(K\x02K\x03t", "\x87"],
      { tuple: [{ tuple: [] }, { tuple: [1] }, { tuple: [2, 3] }] },
    ],
    ["lists", ["]K\x01a(K\x02K\x03e"], [1, 2, 3]],
    ["a list of protocol 0", ["(K\x01K\x02l"], [1, 2]],
    [
      "dicts",
      [op.dict(op.text("a"), "K\x01", "K\x02", "N"), "K\x03]s"],
      new Map<unknown, unknown>([
        ["a", 1],
        [2, null],
        [3, []],
      ]),
    ],
    ["a dict of protocol 0", ["(K\x01K\x02d"], new Map([[1, 2]])],
    ["sets", ["\x8f(K\x01K\x02\x90", "(K\x03\x91", "\x86"], { tuple: [{ set: [1, 2] }, { set: [3] }] }],
    ["a key twice: the later counts", [op.dict("K\x01", "K\x02", "K\x01", "K\x03")], new Map([[1, 3]])],
    ["the memo", ["]q\x00r\x07\x01\x00\x00\x94h\x00j\x07\x01\x00\x00h\x02\x87"], { tuple: [[], [], []] }],
    ["the memo of protocol 0", ["K\x05p12\ng12\n\x86"], { tuple: [5, 5] }],
    ["values that are dropped and doubled", ["K\x01K\x020", "(K\x03K\x041", "2\x86"], { tuple: [1, 1] }],
    ["a mark that is dropped", ["K\x01(0"], 1],
    ["protocol and frame", [op.protocol(4), "\x95\x03\x00\x00\x00\x00\x00\x00\x00", "K\x01"], 1],
    ["a known function", [op.call(op.global("known", "pair"), "K\x01", "N")], [1, null]],
    [
      "a known name from the stack",
      [op.text("known"), op.text("pair"), "\x93", op.tuple("N", "N"), "R"],
      [null, null],
    ],
    ["a known class made by INST", ["(K\x01K\x02iknown\npair\n"], [1, 2]],
    ["a known class made by OBJ", ["(", op.global("known", "pair"), "K\x01K\x02o"], [1, 2]],
    ["a known class made by NEWOBJ", [op.global("known", "pair"), "K\x01K\x02\x86\x81"], [1, 2]],
    ["a known class made by NEWOBJ_EX", [op.global("known", "pair"), "K\x01K\x02\x86}\x92"], [1, 2]],
    ["attributes of a dict, which are left out", ["}", op.dict(op.text("_metadata"), "}"), "b"], new Map()],
    ["a persistent id", [op.persistent(op.text("here"))], "found"],
    ["a persistent id of protocol 0", ["Phere\n"], "found"],
  ])("reads %s", (_what, parts, expected) => {
    expect(plain(read(...parts))).toEqual(expected);
  });

  it("keeps a value that stands in itself", () => {
    const list = read("]q\x00h\x00a") as PickleValue[];
    expect(list[0]).toBe(list);
  });

  const system = op.global("os", "system");
  it.each<[string, readonly PicklePart[], RegExp]>([
    ["os.system", [op.call(system, op.text("echo unsafe"))], /found a use of "os.system"/],
    ["posix.system", [op.call(op.global("posix", "system"), op.text("id"))], /"posix.system"/],
    ["builtins.eval", [op.call(op.global("builtins", "eval"), op.text("1"))], /"builtins.eval"/],
    ["__builtin__.eval", [op.call(op.global("__builtin__", "eval"), op.text("1"))], /"__builtin__.eval"/],
    ["a function that is named and not called", [system], /"os.system"/],
    ["a function that is named and dropped", [system, "0N"], /"os.system"/],
    ["a function whose name is made on the stack", [op.text("os"), op.text("system"), "\x93"], /"os.system"/],
    ["a function made by INST", ["(", op.text("id"), "ios\nsystem\n"], /"os.system"/],
    ["a function made by OBJ", ["(", system, op.text("id"), "o"], /"os.system"/],
    ["a class made by NEWOBJ", [op.global("subprocess", "Popen"), ")\x81"], /"subprocess.Popen"/],
    ["a class made by NEWOBJ_EX", [op.global("subprocess", "Popen"), ")}\x92"], /"subprocess.Popen"/],
    ["an attribute of what is known", [op.global("known", "pair.__globals__")], /"known.pair.__globals__"/],
    ["a name of 100,000 characters", [op.global("a".repeat(100_000), "b")], /a use of "a{200}…"/],
    ["an inherited name", [op.global("constructor", "constructor")], /"constructor.constructor"/],
    ["a call of what is no function", [op.call(op.global("known", "data"))], /found a call of known.data/],
    ["a call of text", [op.call(op.text("os.system"))], /found a call of "os.system"/],
    [
      "a call of what a call made",
      [op.call(op.call(op.global("known", "pair"), "N", "N"))],
      /a call of a list of 2/,
    ],
    [
      "named arguments",
      [op.global("known", "pair"), "NN\x86", op.dict(op.text("a"), "N"), "\x92"],
      /a call with named arguments/,
    ],
    [
      "attributes of a function",
      [op.global("known", "pair"), op.dict(op.text("call"), "N"), "b"],
      /a change of the attributes of known.pair/,
    ],
    ["attributes of a list", ["]", "}b"], /a change of the attributes of a list of 0/],
    ["a state that is no dict", ["}", ")b"], /a change of the attributes of a dict of 0/],
    ["extension code 1", ["\x82\x01"], /found a use of extension code 1/],
    ["an extension code of two bytes", ["\x83\x01\x02"], /extension code 513/],
    ["an extension code of four bytes", ["\x84\x01\x00\x00\x01"], /extension code 16777217/],
  ])("refuses %s", (_what, parts, message) => {
    const error = errorOf(...parts);
    expect(UnsafePickleError.isInstance(error)).toBe(true);
    expect(error.code).toBe("unsafe-pickle");
    expect(error.message).toMatch(message);
    expect(error.message).toContain("Nothing of it was run.");
  });

  it.each<[string, readonly PicklePart[], RegExp]>([
    [
      "nothing on the stack at the end",
      [],
      /found a use of a value before byte 1, expected one on the stack/,
    ],
    [
      "an operation that is not valid",
      ["\xff"],
      /found byte 0xff before byte 1, expected an operation of a pickle/,
    ],
    ["protocol 6", [op.protocol(6)], /found pickle protocol 6/],
    ["text that is longer than the pickle", ["X\xff\xff\xff\xff"], /found a length of 4294967295/],
    [
      "text of 2^64 - 1 bytes",
      ["\x8d\xff\xff\xff\xff\xff\xff\xff\xff"],
      /found a length of 18446744073709552000/,
    ],
    ["text of a negative length", ["T\xff\xff\xff\xff"], /found a length of -1/],
    ["text that is not UTF-8", ["X\x01\x00\x00\x00\xff"], /text that is not UTF-8/],
    ["a line without an end", ["cos"], /a line without an end/],
    ["an integer that is not valid", ["I1x\n"], /the integer "1x"/],
    ["an integer of 5000 digits", [`L${"9".repeat(5000)}L\n`], /the literal "9{80}"/],
    [
      "an integer of 4 GB",
      ["\x8b\xff\xff\xff\x7f"],
      /an integer of 2147483647 bytes, expected at most 255|before byte/,
    ],
    ["an integer of negative length", ["\x8b\xff\xff\xff\xff"], /a length of -1/],
    ["a float that is not valid", ["F0x10\n"], /the literal "0x10"/],
    ["text without quotes", ["Sabc\n"], /the literal "abc"/],
    ["text with an unknown escape", ["S'\\q'\n"], /the literal/],
    ["an escape of no character", ["V\\Uffffffff\n"], /an escape of no character/],
    [
      "a frame that is longer than the pickle",
      ["\x95\xff\xff\xff\xff\xff\xff\xff\xff"],
      /a frame of 18446744073709552000/,
    ],
    ["a memo entry that was not kept", ["h\x07"], /memo entry 7/],
    ["a memo entry that is no number", ["gx\n"], /memo entry "x"/],
    ["nothing to keep", ["q\x00"], /a use of a value/],
    ["the end of a group that did not begin", ["t"], /the end of a group/],
    ["a value taken from outside of a group", ["K\x01(\x85"], /a use of a value/],
    ["an item for a tuple", [")K\x01a"], /items for a tuple of 0/],
    ["an entry for a list", ["]K\x01K\x02s"], /entries for a list of 0/],
    ["a key without a value", ["}(K\x01u"], /a key without a value/],
    ["a member for a dict", ["}(K\x01\x90"], /members for a dict of 0/],
    ["a name that is no text", ["K\x01", op.text("a"), "\x93"], /found 1 and "a"/],
    ["arguments that are no tuple", [op.global("known", "pair"), "]R"], /arguments that are a list of 0/],
    [
      "wrong arguments",
      [op.call(op.global("known", "pair"), "N")],
      /known.pair\(None\).*arguments that known.pair takes/,
    ],
    ["an object without a class", ["(o"], /an object without a class/],
    [
      "a reference to something unknown",
      [op.persistent(op.text("there"))],
      /a reference to "there" outside of the pickle/,
    ],
    ["a buffer outside of the pickle", ["\x97"], /a buffer outside/],
    ["bytes behind the end", ["N.N"], /2 bytes behind the end/],
  ])("refuses %s", (_what, parts, message) => {
    const error = errorOf(...parts);
    expect(UnsafePickleError.isInstance(error)).toBe(false);
    expect(error.code).toBe("invalid-checkpoint");
    expect(error.message).toMatch(message);
    expect(error.message).toContain("data.pkl: found");
  });

  it("refuses a pickle that does not end", () => {
    expect(() => unpickle("data.pkl", new Uint8Array([0x4e]), world)).toThrow(/a length of 1 before byte 1/);
    expect(() => unpickle("data.pkl", new Uint8Array(0), world)).toThrow(CheckpointError);
  });

  it.each<[string, Uint8Array, RegExp]>([
    [
      "of 32 MB and a byte",
      new Uint8Array(maximumPickleBytes + 1),
      /found 33554433 bytes, expected at most 33554432/,
    ],
    // Each pair of bytes is an empty list and its removal.
    [
      "of too many operations",
      new Uint8Array(4_000_000).map((_, index) => (index % 2 === 0 ? 0x5d : 0x30)),
      /more than 3000000 operations/,
    ],
    ["that fills the stack", new Uint8Array(2_000_000).fill(0x5d), /found a stack that is full/],
    ["that nests without end", new Uint8Array(20_000).fill(0x28), /found more than 10000 open groups/],
  ])("refuses a pickle %s", (_what, bytes, message) => {
    expect(() => unpickle("data.pkl", bytes, world)).toThrow(CheckpointError);
    expect(() => unpickle("data.pkl", bytes, world)).toThrow(message);
  });

  it("reads tuples within tuples a hundred thousand deep, and lists that double, in little time and memory", () => {
    expect(read("N", "\x85".repeat(100_000))).toBeInstanceOf(PickleTuple);
    // Ten to the thousandth items, were they copied.
    expect(read(`]${"2\x86".repeat(1000)}`)).toBeInstanceOf(PickleTuple);
  });

  it("limits what calls are given out of the memo", () => {
    const once = op.call(op.global("known", "pair"), "h\x00", "N");
    const parts = [op.text("x".repeat(1_000_000)), "q\x000", ...Array<PicklePart>(100).fill(once)];
    expect(errorOf(...parts).message).toMatch(
      /found calls with more than 67108864 characters, bytes and items before byte \d+, expected fewer in all/,
    );
  });
});
