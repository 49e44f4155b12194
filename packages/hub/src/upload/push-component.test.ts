import { expect, it } from "vitest";
import { modelCard } from "./push-component.ts";

it("says what the repository holds and how it is loaded", async () => {
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
])("names a %s by its kind", async (className, line) => {
  const card = modelCard(className, "me/m");
  expect(new TextDecoder().decode(await card.read(0, card.size))).toContain(line);
});
