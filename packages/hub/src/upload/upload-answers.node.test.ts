import { describe, expect, it } from "vitest";
import { ServerError, UploadRejectedError } from "../errors.ts";
import { checkBatchAnswer, checkPreuploadAnswer } from "./upload-answers.ts";

const oid = "a".repeat(64);
const endpoint = new URL("https://mirror.example/hub");
const place = { endpoint, url: new URL("https://mirror.example/hub/me/m.git/info/lfs/objects/batch") };
const announced = [{ oid, size: 2500 }];
const href = "https://storage.example/put?signature=secret";

function check(value: unknown): ReturnType<typeof checkBatchAnswer> {
  return checkBatchAnswer(place, value, announced);
}

function withUpload(upload: unknown, verify?: unknown): object {
  return { transfer: "multipart", objects: [{ oid, size: 2500, actions: { upload, verify } }] };
}

const threeParts = { chunk_size: "1000", "00001": `${href}1`, "00002": `${href}2`, "00003": `${href}3` };

describe("the answer where large files are to be sent", () => {
  it("keeps what was asked about and nothing else", () => {
    const stranger = { oid: "b".repeat(64), size: 1, actions: { upload: { href } } };
    const own = { oid, size: 2500, actions: { upload: { href, header: { "X-More": "1" } } } };
    const { answer, parts, verifications } = check({ objects: [stranger, own] });
    expect(answer).toEqual({
      transfer: "basic",
      objects: [{ oid, size: 2500, actions: { upload: { href, header: {} } } }],
    });
    expect([parts, verifications]).toEqual([[], []]);
  });

  it("knows what the Hub has already", () => {
    expect(check({ objects: [{ oid, size: 2500 }] }).answer.objects).toEqual([{ oid, size: 2500 }]);
  });

  it("gives the addresses of parts", () => {
    const { answer, parts } = check(withUpload({ href, header: { ...threeParts, "X-More": "1" } }));
    expect(answer.objects).toEqual([{ oid, size: 2500, actions: { upload: { href, header: threeParts } } }]);
    expect(parts).toEqual([`${href}1`, `${href}2`, `${href}3`]);
  });

  it("asks the mirror where the mirror passes on the Hub's own address", () => {
    const upload = { href: "https://huggingface.co/api/complete?x=1" };
    const { answer, verifications } = check(
      withUpload(upload, { href: "https://huggingface.co/me/m/verify" }),
    );
    expect(answer.objects).toMatchObject([
      { actions: { upload: { href: "https://mirror.example/hub/api/complete?x=1" } } },
    ]);
    expect(verifications).toEqual([
      { oid, size: 2500, url: new URL("https://mirror.example/hub/me/m/verify") },
    ]);
  });

  it("passes on why the Hub does not take a file", () => {
    const objects = [{ oid, error: { code: 422, message: "Too large for your plan" } }];
    const error = catchError(() => check({ objects }));
    expect(UploadRejectedError.isInstance(error)).toBe(true);
    expect(error.message).toContain('a refusal ("Too large for your plan")');
    expect(error.message).toContain(oid);
  });

  it.each([
    ["no object", null, "no list of large files"],
    ["another transfer", { transfer: "xet", objects: [] }, 'the transfer "xet"'],
    ["nothing about the file", { objects: [{ oid: "b", size: 1 }, null] }, "nothing about the file"],
    ["no address", withUpload({}), "no address"],
    ["an address of a file", withUpload({ href: "file:///etc/passwd" }), "no address"],
    [
      "a part too few",
      withUpload({ href, header: { ...threeParts, "00003": undefined } }),
      "parts of 2500 bytes",
    ],
    [
      "a part missing",
      withUpload({ href, header: { chunk_size: "1000", 1: href, 2: href, 4: href } }),
      "parts of",
    ],
    [
      "a part twice",
      withUpload({ href, header: { chunk_size: "1000", 1: href, "01": href, 2: href } }),
      "parts of",
    ],
    ["parts of nothing", withUpload({ href, header: { ...threeParts, chunk_size: "0" } }), "parts of"],
    ["parts of no number", withUpload({ href, header: { ...threeParts, chunk_size: "many" } }), "parts of"],
  ])("is refused with %s", (_name, value, message) => {
    const error = catchError(() => check(value));
    expect(ServerError.isInstance(error)).toBe(true);
    expect(error.message).toContain(message);
    expect(error.message).not.toContain("secret");
  });
});

function catchError(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("nothing was thrown");
}

const url = new URL("https://hub.example/api/models/me/m/preupload/main?x=secret");
const large = 16 * 1024 * 1024 + 1;
const sizes = new Map([
  ["config.json", 10],
  ["w.safetensors", large],
]);

it("takes an answer that stores large files as such", () => {
  const files = [{ path: "w.safetensors", uploadMode: "lfs" }, { path: "config.json" }];
  expect(() => checkPreuploadAnswer(url, { files }, sizes)).not.toThrow();
});

it.each([
  [
    { files: [{ path: "w.safetensors", uploadMode: "regular" }] },
    `that w.safetensors, of ${large} bytes, should not`,
  ],
  [{ files: [null, 3] }, "should not be stored as a large file"],
  [{ files: {} }, "no list of files"],
  [null, "no list of files"],
])("refuses %j", (answer, message) => {
  expect(() => checkPreuploadAnswer(url, answer, sizes)).toThrow(message);
  expect(() => checkPreuploadAnswer(url, answer, sizes)).not.toThrow("secret");
});
