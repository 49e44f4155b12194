import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileProject } from "../../vitest/compile-project.ts";
import { formatReport } from "./finding.ts";
import { drawPlan } from "./plan/case-plan.ts";
import { drawUploadPlan } from "./plan/upload-plan.ts";
import { runCases } from "./run-cases.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-cases-"));
  await compileProject("tools/fault-injection");
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

it("draws the same plan for the same seed", () => {
  expect(drawPlan(7)).toEqual(drawPlan(7));
  expect(drawPlan(7)).not.toEqual(drawPlan(8));
  expect(drawUploadPlan(7)).toEqual(drawUploadPlan(7));
  expect(drawUploadPlan(7)).not.toEqual(drawUploadPlan(8));
});

describe("downloads on which everything goes wrong", () => {
  it("end with the right files or a typed error, and leave a cache that is right", async () => {
    const report = await runCases({ downloads: 50, seed: 35, jobs: 3 });
    expect(report.findings).toEqual([]);
    expect(report.ways.size).toBe(9);
    expect(report.filesRight).toBeGreaterThan(0);
    expect([...report.errors.keys()]).toContain("ServerError");
    expect(formatReport(report)).toContain("50 downloads with faults, seeds 35 to 84");
  }, 180_000);
});

describe("uploads on which everything goes wrong", () => {
  it("end with a whole commit or a typed error, and leave no half of one", async () => {
    const report = await runCases({ downloads: 0, uploads: 40, seed: 1, jobs: 3 });
    expect(report.findings).toEqual([]);
    expect(report.committed).toBeGreaterThan(0);
    expect(report.killed).toBeGreaterThan(0);
    expect(formatReport(report)).toContain("40 uploads with faults, seeds 1 to 40");
  }, 180_000);

  it("are found out where they say that they are committed, and are not", async () => {
    const script = join(folder, "liar.cjs");
    await writeFile(script, `process.on("message", () => process.send({ files: [], warnings: [] }));`);
    const { findings } = await runCases({ downloads: 0, uploads: 1, seed: 1, jobs: 1, script });
    expect(new Set(findings.map(({ kind, of }) => `${of}: ${kind}`))).toEqual(
      new Set(["upload: upload lost", "upload: clean upload failed"]),
    );
  });
});

describe("a download that goes wrong as it must not is found out where it", () => {
  const result = (files: string) => `process.send({ files: ${files}, warnings: [] })`;
  it.each([
    ["ends the process", "process.exit(3)", "crash"],
    [
      "throws something without a type",
      result('[{ failure: { kind: "untyped", name: "E", message: "" } }]'),
      "error without a type",
    ],
    ["gives other bytes", result('[{ path: "model_index.json", sha256: "0" }]'), "wrong content"],
    [
      "shows the token",
      result("[{ failure: { kind: 'typed', name: 'E', message: request.token } }]"),
      "secret in a message",
    ],
    [
      "leaves something in the cache",
      `fs.mkdirSync(request.cacheDir + "/models--owner--name/blobs", { recursive: true });
       fs.writeFileSync(request.cacheDir + "/models--owner--name/blobs/x", "");
       ${result("[]")}`,
      "corrupt cache entry",
    ],
  ])("%s", async (_what, body, kind) => {
    const script = join(folder, `${Math.random()}.cjs`);
    await writeFile(script, `const fs = require("fs"); process.on("message", (request) => { ${body} });`);
    const { findings } = await runCases({ downloads: 1, seed: 3, jobs: 1, script });
    expect(findings.map((finding) => finding.kind)).toContain(kind);
  });
});
