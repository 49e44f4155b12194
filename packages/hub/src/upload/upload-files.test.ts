import { expect, it } from "vitest";
import { bytesFile, modelCard, moveFiles } from "./upload-files.ts";

it("gives text as UTF-8, and bytes as they are", async () => {
  const text = bytesFile("a/b.json", "é!");
  expect([text.path, text.size]).toEqual(["a/b.json", 3]);
  expect(await text.read(1, 3)).toEqual(Uint8Array.of(0xa9, 0x21));
  const bytes = bytesFile("x", Uint8Array.of(1, 2, 3));
  expect(await bytes.read(0, bytes.size)).toEqual(Uint8Array.of(1, 2, 3));
});

it("puts files into a folder, and leaves them where there is none", async () => {
  const files = [bytesFile("a.txt", "abc")];
  expect(moveFiles(files, "")).toBe(files);
  const [moved] = moveFiles(files, "unet/deep");
  expect([moved?.path, moved?.size]).toEqual(["unet/deep/a.txt", 3]);
  expect(await moved?.read(1, 3)).toEqual(Uint8Array.of(0x62, 0x63));
});

it("writes a model card that says what the repository holds and how it is loaded", async () => {
  const card = modelCard("CMStochasticIterativeScheduler", "me/my-scheduler");
  expect(card.path).toBe("README.md");
  const text = new TextDecoder().decode(await card.read(0, card.size));
  expect(text).toMatch(/^---\nlibrary_name: diffusers\n---\n\n# my-scheduler\n\n/);
  expect(text).toContain('scheduler = CMStochasticIterativeScheduler.from_pretrained("me/my-scheduler")\n');
  expect(text).toContain(
    'const scheduler = await CMStochasticIterativeScheduler.fromPretrained("me/my-scheduler");\n',
  );
});

it.each([
  ["UNet2DModel", "model = UNet2DModel"],
  ["DDPMPipeline", "pipeline = DDPMPipeline"],
])("names a %s in the model card by its kind", async (className, line) => {
  const card = modelCard(className, "me/m");
  expect(new TextDecoder().decode(await card.read(0, card.size))).toContain(line);
});
