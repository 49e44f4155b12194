import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type FakeFile, type FakeHub, startFakeHub } from "@onestep/fake-hub";
import { shippedModelFiles } from "../model/shipped-model.ts";

/** The folder of the bundled model. */
export const emojiFolder: string = dirname(
  createRequire(import.meta.url).resolve("@onestep/emoji32/model_index.json"),
);

/** Starts a Hub with the bundled model: as `someone/emoji`, and without class names as `someone/unnamed`. */
export async function startEmojiHub(): Promise<FakeHub> {
  const entries = shippedModelFiles.map(async (path): Promise<[string, FakeFile]> => {
    const bytes = await readFile(join(emojiFolder, path));
    return [path, { bytes, lfs: path.endsWith(".safetensors") }];
  });
  const files = Object.fromEntries(await Promise.all(entries));
  const { _id2label, ...unnamed } = JSON.parse(await readFile(join(emojiFolder, "model_index.json"), "utf8"));
  const bytes = new TextEncoder().encode(JSON.stringify(unnamed));
  return startFakeHub({
    repositories: {
      "someone/emoji": { files },
      "someone/unnamed": { files: { ...files, "model_index.json": { bytes } } },
    },
  });
}
