import { describe, expect, it, vi } from "vitest";
import { OneTimeWarning } from "../one-time-warning.ts";
import { chooseThreads } from "./choose-threads.ts";

const isolated = { canSuspend: true, isCrossOriginIsolated: true };

describe("chooseThreads", () => {
  it.each([
    [1, 1],
    [2, 2],
    [4, 2],
    [7, 4],
    [16, 8],
    [64, 8],
  ])("on %d processors takes %d threads", (processors, threads) => {
    expect(chooseThreads(undefined, { ...isolated, processors }, new OneTimeWarning())).toBe(threads);
  });

  it("takes as many as it is asked for", () => {
    expect(chooseThreads(3, { ...isolated, processors: 2 }, new OneTimeWarning())).toBe(3);
  });

  it.each([
    [1000, 2, 8],
    [1000, 16, 16],
    [9, 8, 8],
  ])("takes no more than there is use for: of %d on %d processors %d", (requested, processors, threads) => {
    expect(chooseThreads(requested, { ...isolated, processors }, new OneTimeWarning())).toBe(threads);
  });

  it("takes one in a page that is not cross-origin isolated, and says once what it costs", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const platform = { canSuspend: true, isCrossOriginIsolated: false, processors: 8 };
    const warning = new OneTimeWarning();
    expect(chooseThreads(1, platform, warning)).toBe(1);
    expect(chooseThreads(undefined, { ...platform, processors: 1 }, warning)).toBe(1);
    expect(warn).not.toHaveBeenCalled();
    expect(chooseThreads(undefined, platform, warning)).toBe(1);
    expect(chooseThreads(2, platform, warning)).toBe(1);
    expect(warn.mock.calls).toEqual([
      [
        "[onestep] The model runs on one thread instead of 4, because this page is not cross-origin isolated. Serve it " +
          "with the headers `Cross-Origin-Opener-Policy: same-origin` and `Cross-Origin-Embedder-Policy: require-corp` " +
          "(or `credentialless`), or pass `threads: 1` to do without.",
      ],
    ]);
  });
});
