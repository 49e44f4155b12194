import { expect, it } from "vitest";
import { checkPreuploadAnswer } from "./check-preupload-answer.ts";

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
