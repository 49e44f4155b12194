import { dpmSolverStep, formatJourneys, fromPretrained, hubFile } from "./journeys.ts";

// With --files, the names of the files as well.
const journeys = [await fromPretrained(), hubFile(), await dpmSolverStep()];
console.log(formatJourneys(journeys));
if (process.argv.includes("--files")) {
  for (const { name, files } of journeys) console.log([`## ${name}`, "", ...files, ""].join("\n"));
}
