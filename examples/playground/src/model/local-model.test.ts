import { expect, it } from "vitest";
import { modelOfFiles, nameOfLocalModel } from "./local-model.ts";

function fileAt(path: string): File {
  const file = new File(["x"], path.split("/").at(-1) ?? "");
  Object.defineProperty(file, "webkitRelativePath", { value: path.includes("/") ? path : "" });
  return file;
}

it("a folder's files have their paths within it", () => {
  const model = modelOfFiles([fileAt("emoji/model_index.json"), fileAt("emoji/unet/config.json")]);
  expect(model.kind === "files" && [...model.files.keys()]).toEqual(["model_index.json", "unet/config.json"]);
  expect(nameOfLocalModel(model)).toBe("emoji");
});

it("a checkpoint by itself is a single file", () => {
  const model = modelOfFiles([fileAt("cd_imagenet64_l2.pt")]);
  expect(model.kind).toBe("file");
  expect(nameOfLocalModel(model)).toBe("cd_imagenet64_l2.pt");
});

it("other files are files", () => {
  expect(modelOfFiles([fileAt("config.json")])).toMatchObject({ kind: "files", name: "files" });
});
