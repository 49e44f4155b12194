import { cpus } from "node:os";
import { measureAborts } from "./measure-aborts.ts";
import { measureBulk } from "./measure-bulk.ts";
import { measureChaos } from "./measure-chaos.ts";
import { measureEngine } from "./measure-engine.ts";
import { measureOverload } from "./measure-overload.ts";
import { measureThroughput } from "./measure-throughput.ts";

const measurements: Readonly<Record<string, (...words: readonly string[]) => Promise<object>>> = {
  throughput: (count) => measureThroughput(Number(count) || 20_000, 64),
  overload: (seconds, images) => measureOverload(Number(seconds) || 10, Number(images) || 8),
  bulk: (count) => measureBulk(Number(count) || 50_000),
  aborts: (count) => measureAborts(Number(count) || 1000),
  chaos: (jobs, kills, server = "postgres") =>
    measureChaos(Number(jobs) || 5000, Number(kills) || 200, server),
  engine: (seconds) => measureEngine(Number(seconds) || 10),
};

const usage = `Puts a service under load, and checks what it answers.

  npm run load -- <measurement> [count …]

${Object.keys(measurements).join(", ")}`;

const [name = "", ...words] = process.argv.slice(2);
const measure = measurements[name];
if (measure === undefined) {
  console.error(usage);
  process.exitCode = 2;
} else {
  const report = await measure(...words);
  const [first] = cpus();
  const machine = { node: process.version, processor: first?.model ?? "unknown", cores: cpus().length };
  console.log(JSON.stringify({ measurement: name, machine, ...report }, undefined, 2));
}
