import { readFile } from "node:fs/promises";
import type { FakeFile, FakeRepository } from "@onestep/fake-hub";
import type { TestProject } from "vitest/node";
import { compileProject } from "./compile-project.ts";

declare module "vitest" {
  interface ProvidedContext {
    /**
     * A fake Hub that has the model that ships, as `onestep/emoji32`, a large file in `onestep/large`, and a
     * private one in `onestep/private`, for the token `hf_may`; `hf_other` is valid too.
     */
    hubEndpoint: string;
  }
}

const paths = [
  "model_index.json",
  "scheduler/scheduler_config.json",
  "unet/config.json",
  "unet/diffusion_pytorch_model.safetensors",
];

/** Starts a Hub for the tests in browsers, which cannot start one themselves. It runs from its `dist`. */
export default async function serveFakeHub(project: TestProject): Promise<() => Promise<void>> {
  await compileProject("tools/fake-hub");
  const { startFakeHub } = await import("@onestep/fake-hub");
  const files: Record<string, FakeFile> = {};
  for (const path of paths) {
    const bytes = await readFile(new URL(`../../packages/emoji32/${path}`, import.meta.url));
    files[path] = { bytes, lfs: path.endsWith(".safetensors") };
  }
  const hub = await startFakeHub({
    repositories: {
      "onestep/emoji32": { files },
      "onestep/large": largeRepository(),
      "onestep/releases": {
        files: {},
        revisions: { release: { "a.json": '"release"' }, "release/1.0": { "a.json": '"release/1.0"' } },
      },
      "onestep/private": {
        files: { "weights.bin": { bytes: new Uint8Array(3_000_000), lfs: true } },
        privateToken: "hf_may",
      },
    },
    tokens: ["hf_other"],
  });
  project.provide("hubEndpoint", hub.endpoint);
  return () => hub.close();
}

/** More than browsers keep in one piece, and an older revision beside it. */
function largeRepository(): FakeRepository {
  const bytes = new Uint8Array(34 * 1024 * 1024 + 5);
  for (let index = 0; index < bytes.length; index += 1) bytes[index] = (index * 2_654_435_761) >>> 24;
  const common = { "README.md": "# Large\n" };
  return {
    files: { ...common, "config.json": '{"version": 2}', "weights.bin": { bytes, lfs: true } },
    revisions: { v1: { ...common, "config.json": '{"version": 1, "old": true}' } },
  };
}
