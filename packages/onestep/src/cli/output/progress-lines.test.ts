import { expect, it } from "vitest";
import { ProgressLines } from "./progress-lines.ts";

function record() {
  const written: string[] = [];
  return { written, lines: new ProgressLines({ write: (text) => written.push(text) }) };
}

it("writes a line where something starts or ends, and at each tenth of a file", () => {
  const { written, lines } = record();
  const file = "unet/w.safetensors";
  lines.show({ type: "file-start", file: "model_index.json", cached: true, totalBytes: 2 });
  lines.show({ type: "file-end", file: "model_index.json", cached: true, totalBytes: 2 });
  lines.show({ type: "component-start", component: "unet" });
  lines.show({ type: "file-start", file, cached: false, totalBytes: 2000 });
  for (const loadedBytes of [100, 450, 499, 500, 2000]) {
    lines.show({ type: "file-progress", file, loadedBytes, totalBytes: 2000 });
  }
  lines.show({ type: "file-end", file, cached: false, totalBytes: 2000 });
  lines.show({ type: "component-end", component: "unet" });
  lines.showTask("Generating");
  lines.show({ type: "step-end", step: 0, totalSteps: 2, timestep: 1095.5 });
  lines.clear();
  expect(written.join("")).toBe(`Loading unet
Fetching unet/w.safetensors (2.00 kB)
Fetching unet/w.safetensors: 20 % (450 B of 2.00 kB)
Fetched unet/w.safetensors
Generating
Step 1 of 2
`);
});

it("says nothing of parts where the length is not known", () => {
  const { written, lines } = record();
  lines.show({ type: "file-start", file: "a", cached: false });
  lines.show({ type: "file-progress", file: "a", loadedBytes: 5 });
  expect(written).toEqual(["Fetching a\n"]);
});
