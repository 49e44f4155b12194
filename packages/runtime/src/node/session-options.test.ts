import { describe, expect, it } from "vitest";
import { createSessionOptions } from "./session-options.ts";

describe("createSessionOptions", () => {
  it("names the folder of the weights, where there is one", () => {
    const key = "model_external_initializers_file_folder_path";
    expect(createSessionOptions({ folder: "/models", threads: 2 })).toMatchObject({
      intraOpNumThreads: 2,
      extra: { session: { [key]: "/models" } },
    });
    expect(createSessionOptions({ folder: undefined, threads: 0 })).toMatchObject({
      intraOpNumThreads: 0,
      extra: {},
    });
  });

  it("reuses memory between operators and runs, and plans no block for all of them", () => {
    expect(createSessionOptions({ folder: undefined, threads: 1 })).toMatchObject({
      enableCpuMemArena: true,
      enableMemPattern: false,
    });
  });
});
