import type { ImageJob } from "@onestep/server";
import { describe, expect, it } from "vitest";
import { RequestLog } from "./request-log.ts";

function write(format: "text" | "json"): readonly string[] {
  const lines: string[] = [];
  const stream = {
    write: (text: string) => {
      lines.push(text);
      return true;
    },
  };
  const log = new RequestLog({ stream, format, hasPrompts: false });
  const jobs = ["img_a-0", "img_b-0"].map((id) => ({ id, model: "m", settings: { seed: 1 } }) as ImageJob);
  log.onStart(jobs);
  log.onRun({ model: "m", jobs, seconds: 0.5, outcome: "completed", lost: 0 });
  return lines;
}

describe("RequestLog", () => {
  it("names the jobs of a run in JSON, when it begins and when it has ended", () => {
    const entries = write("json").map((line) => JSON.parse(line) as object);
    const jobs = ["img_a-0", "img_b-0"];
    expect(entries).toMatchObject([
      { event: "start", model: "m", jobs },
      { event: "run", model: "m", jobs, images: 2, outcome: "completed" },
    ]);
  });

  it("writes a line for each run as text", () => {
    expect(write("text")).toEqual([expect.stringMatching(/ completed m 2 images 500 ms\n$/)]);
  });
});
