import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BatchRunner } from "./batch-runner.ts";
import { formatReport, fuzz } from "./fuzz.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-fuzz-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs three batches, the second of them with a program that does `body`. */
async function fuzzWith(body: string, patience = 30_000) {
  const script = join(folder, `${Math.random()}.mjs`);
  const good = "process.send({ loaded: 400, refused: 600 })";
  await writeFile(
    script,
    `process.on("message", ({ seed }) => { if (seed === 8) { ${body} } else ${good}; });`,
  );
  const runner = new BatchRunner(patience, script);
  const report = await fuzz({
    target: "t",
    inputs: 2500,
    seed: 7,
    runners: [(request) => runner.run(request)],
  });
  runner.end();
  return report;
}

describe("fuzz", () => {
  it("counts a process that ends as a crash, and goes on", async () => {
    const report = await fuzzWith("process.exit(3)");
    expect(report).toMatchObject({ inputs: 3000, loaded: 800, refused: 1200 });
    expect(report.failures).toEqual([
      { target: "t", seed: 8, kind: "crash", reason: "it ended with 3", input: undefined },
    ]);
  });

  it("counts a process that stands still as a hang, and goes on", async () => {
    const report = await fuzzWith("for (;;);", 1500);
    expect(report).toMatchObject({ loaded: 800, refused: 1200 });
    expect(report.failures).toMatchObject([{ seed: 8, kind: "hang" }]);
  });

  it("keeps the input of a finding", async () => {
    const report = await fuzzWith(
      'process.send({ loaded: 1, refused: 2, finding: { reason: "a read outside", base64: "AAA=" } })',
    );
    expect(report).toMatchObject({ loaded: 801, refused: 1202 });
    expect(report.failures).toMatchObject([{ kind: "finding", reason: "a read outside", input: "AAA=" }]);
    expect(formatReport([report])).toBe(
      [
        "t: 3,000 files",
        "  refused with a typed error  1,202",
        "  read, and as they say       801",
        "  batches with a finding      1",
        "  crashes                     0",
        "  hangs                       0",
        "  finding at seed 8: a read outside",
      ].join("\n"),
    );
  });
});
