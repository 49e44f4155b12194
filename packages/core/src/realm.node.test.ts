import { readFile } from "node:fs/promises";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { UnsupportedError } from "./errors.ts";
import { errorCode, errorMessage, isBlob, isError, isUint8Array, isUrl } from "./realm.ts";

it.each([
  ["an error", isError, 'new Error("x")', new TypeError("x")],
  ["an array of bytes", isUint8Array, "new Uint8Array(2)", Buffer.alloc(2)],
])("%s is known in every realm", (_name, is, source, own) => {
  expect([is(runInNewContext(source)), is(own)]).toEqual([true, true]);
  expect([is(runInNewContext("({})")), is(null), is("x"), is(new Uint16Array(2))]).toEqual(
    Array(4).fill(false),
  );
});

it("DOMException, URL, Blob and File are known by what they are", () => {
  expect(isError(new DOMException("x", "AbortError"))).toBe(true);
  expect([isUrl(new URL("file:///x")), isUrl("file:///x")]).toEqual([true, false]);
  expect([isBlob(new Blob([])), isBlob(new Uint8Array())]).toEqual([true, false]);
});

it("reads messages and codes in every realm", async () => {
  const missing = await readFile("/no/such/file").catch((error: unknown) => error);
  expect(errorCode(missing)).toBe("ENOENT");
  expect(errorCode(runInNewContext('Object.assign(new Error("x"), { code: "EIO" })'))).toBe("EIO");
  expect(errorCode(runInNewContext('Object.assign(new Error("x"), { code: 18 })'))).toBeUndefined();
  expect(errorMessage(runInNewContext('new RangeError("far out")'))).toBe("far out");
  expect([errorMessage(undefined), errorMessage("x")]).toEqual(["undefined", "x"]);
});

it("an error of Onestep is known in another realm", () => {
  const error = new UnsupportedError("x");
  const foreign = runInNewContext("Object.assign(new Error('x'), own)", { own: {} });
  Object.defineProperties(foreign, Object.getOwnPropertyDescriptors(error));
  expect(UnsupportedError.isInstance(foreign)).toBe(true);
});
