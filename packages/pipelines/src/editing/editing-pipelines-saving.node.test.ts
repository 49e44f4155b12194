import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { savedCheckpoint } from "../__fixtures__/saved-checkpoint.ts";
import { ConsistencyModelInpaintPipeline } from "./consistency-model-inpaint-pipeline.ts";

it("a pipeline that edits is saved as Python knows it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "onestep-editing-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await using inpaint = await ConsistencyModelInpaintPipeline.fromPretrained(
    savedCheckpoint("cm-safetensors"),
  );
  await inpaint.savePretrained(folder);
  expect(JSON.parse(await readFile(join(folder, "model_index.json"), "utf8"))).toMatchObject({
    _class_name: "ConsistencyModelPipeline",
  });
});
