import { readFileSync } from "node:fs";
import { UnsupportedError } from "@onestep/core";
import { describe, expect, it, vi } from "vitest";
import { guardedFile } from "../../__fixtures__/guarded-file.ts";
import { matchWeights } from "../match-weights.ts";
import { readTorchFile } from "./read-torch-file.ts";

/** A file that torch wrote. */
const torchFile = (name: string) =>
  guardedFile(
    `unet/${name}`,
    new Uint8Array(readFileSync(new URL(`./__fixtures__/${name}`, import.meta.url))),
  );

describe("readTorchFile, of tensors whose elements do not lie in a row", () => {
  it.each([
    ["transposed.pt", "transposed", [3, 2], [1, 3]],
    ["expanded.pt", "expanded", [4, 3], [0, 1]],
  ])("tells the strides, and no model is made of them: %s", async (path, name, shape, strides) => {
    const tensors = await readTorchFile(torchFile(path));
    expect(tensors.get(name)).toMatchObject({ shape, strides });
    const match = () => matchWeights("x", [{ name, shape }], tensors);
    expect(match).toThrow(UnsupportedError);
    expect(match).toThrow(
      `unet/${path}: ${name}: found shape [${shape.join(", ")}] with strides [${strides.join(", ")}]`,
    );
    expect(match).toThrow(`torch.load('${path}', map_location='cpu', weights_only=True)`);
    vi.spyOn(console, "warn").mockReturnValue();
    expect(matchWeights("x", [], tensors).size).toBe(0);
  });

  it("leaves out sparse ones and the like, and says so", async () => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    expect([...(await readTorchFile(torchFile("left-out.pt"))).keys()]).toEqual(["weight"]);
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      "[onestep] unet/left-out.pt: left out coo (sparse_coo), csr (sparse_csr), meta (meta) and 1 more, whose elements do not lie in a row.",
    );
  });
});
