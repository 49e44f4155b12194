import { describe, expect, it, vi } from "vitest";
import { caught } from "./__fixtures__/caught.ts";
import { openFile, openRepository } from "./open-repository.ts";

const config = '{"_class_name": "UNet2DModel"}';
const paths = ["model_index.json", "unet/config.json", "unet/weights.bin"];

/** A folder of the origin private file system, whose handle is of the class that `showDirectoryPicker` gives. */
async function makeFolder(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle(`chosen-${crypto.randomUUID()}`, { create: true });
  const unet = await folder.getDirectoryHandle("unet", { create: true });
  await write(folder, "model_index.json", "{}");
  await write(unet, "config.json", config);
  await write(unet, "weights.bin", "0123456789");
  return folder;
}

async function write(folder: FileSystemDirectoryHandle, name: string, text: string): Promise<void> {
  const writable = await (await folder.getFileHandle(name, { create: true })).createWritable();
  await writable.write(text);
  await writable.close();
}

/** Files as `<input type="file" webkitdirectory>` gives them. */
function chosenFiles(): File[] {
  const texts = ["{}", config, "0123456789"];
  return paths.map((path, index) => {
    const file = new File([texts[index] ?? ""], path.split("/").at(-1) ?? "");
    Object.defineProperty(file, "webkitRelativePath", { value: `my-model/${path}` });
    return file;
  });
}

/** What the form element holds after somebody has chosen a folder. */
function chosenList(): FileList {
  const transfer = new DataTransfer();
  for (const file of chosenFiles()) transfer.items.add(file);
  const input = document.createElement("input");
  input.type = "file";
  input.multiple = true;
  input.files = transfer.files;
  return input.files as FileList;
}

describe("files of the person at the browser", () => {
  it.each([
    ["the handle of a folder", makeFolder],
    ["files with their place in a folder", async () => chosenFiles()],
    ["the list of a form element", async () => chosenList()],
    ["a map", async () => new Map(chosenFiles().map((file, at) => [paths[at] ?? "", file]))],
  ])("are a repository: %s", async (_what, choose) => {
    const repository = await openRepository(await choose());
    expect(await repository.list()).toEqual(paths);
    expect(repository.commit).toBeUndefined();
    expect(await (await repository.get("unet/config.json")).text()).toBe(config);
    const weights = await repository.get("unet/weights.bin");
    expect(new TextDecoder().decode(await weights.read(3, 5))).toBe("34");
    expect(weights.blob?.size).toBe(10);
    expect(await repository.find("unet")).toBeUndefined();
    expect(await repository.find("unet/none.json")).toBeUndefined();
    expect(await repository.find("none/config.json")).toBeUndefined();
    expect(await caught(repository.get("../other"))).toMatchObject({ code: "unsafe-path" });
  });

  it("are known by their names where they were chosen one by one", async () => {
    const repository = await openRepository([
      new File(["{}"], "config.json"),
      new File(["0"], "weights.bin"),
    ]);
    expect(await repository.list()).toEqual(["config.json", "weights.bin"]);
  });

  it("tell that they have changed since", async () => {
    const folder = await makeFolder();
    const file = await (await openRepository(folder)).get("model_index.json");
    await write(folder, "model_index.json", "changed");
    const error = await caught(file.text());
    expect(error).toMatchObject({ code: "file-read" });
    expect(error.message).toContain("It may have been changed, moved or deleted since");
  });

  it.each([
    ["a mistake of a program", () => new TypeError("handle.getFile is not a function"), "file-read"],
    ["a failure of the network", () => new TypeError("Failed to fetch"), "file-read"],
    ["access that was taken away", () => new DOMException("denied", "NotAllowedError"), "file-read"],
    ["a disk that fails", () => new DOMException("broken", "NotReadableError"), "file-read"],
    ["a name that browsers refuse", () => new TypeError("Name is not allowed."), undefined],
    ["no such name", () => new DOMException("none", "NotFoundError"), undefined],
  ])("tell a file that is missing from %s", async (_what, makeError, code) => {
    const folder = await makeFolder();
    const repository = await openRepository(folder);
    vi.spyOn(FileSystemDirectoryHandle.prototype, "getFileHandle").mockImplementation(async () => {
      throw makeError();
    });
    const outcome = repository.find("model_index.json").catch((error) => error.code);
    expect(await outcome).toBe(code);
    vi.restoreAllMocks();
  });

  it("can be one file", async () => {
    const file = await openFile(new File(["abc"], "cd_tiny.pt"));
    expect(file).toMatchObject({ path: "cd_tiny.pt", size: 3, localPath: undefined });
    expect(await file.text()).toBe("abc");
  });
});
