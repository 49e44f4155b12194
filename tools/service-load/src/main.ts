import { cpus } from "node:os";
import { measureAborts } from "./measure-aborts.ts";
import { measureBulk } from "./measure-bulk.ts";
import { measureOverload } from "./measure-overload.ts";
import { measureThroughput } from "./measure-throughput.ts";

const measurements: Readonly<Record<string, (count: number) => Promise<object>>> = {
  throughput: (count) => measureThroughput(count || 20_000, 64),
  overload: (count) => measureOverload(count || 10),
  bulk: (count) => measureBulk(count || 50_000),
  aborts: (count) => measureAborts(count || 1000),
};

const usage = `Puts a service under load, and checks what it answers.

  npm run load -- <measurement> [count]

${Object.keys(measurements).join(", ")}`;

const [name = "", count = ""] = process.argv.slice(2);
const measure = measurements[name];
if (measure === undefined) {
  console.error(usage);
  process.exitCode = 2;
} else {
  const report = await measure(Number(count));
  const [first] = cpus();
  const machine = { node: process.version, processor: first?.model ?? "unknown", cores: cpus().length };
  console.log(JSON.stringify({ measurement: name, machine, ...report }, undefined, 2));
}
