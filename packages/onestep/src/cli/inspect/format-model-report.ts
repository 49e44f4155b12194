import { ClassNames, type Id2Label } from "@onestep/pipelines";
import { formatBytes } from "../output/format-bytes.ts";
import { formatTable } from "../output/format-table.ts";
import type { ModelReport, SchedulerReport, UnetReport, WeightsFile } from "./model-report.ts";

/** The report as lines for people. */
export function formatModelReport(report: ModelReport): readonly string[] {
  const { model, commit, className, components, scheduler, unet, id2label, unsupported } = report;
  const rows = [
    ["Model", commit === null ? model : `${model} (commit ${commit.slice(0, 7)})`],
    ["Pipeline", className],
    [
      "Components",
      Object.entries(components)
        .map(([name, type]) => `${name}: ${type}`)
        .join(", "),
    ],
    ...(unet === null ? [] : describeUnet(unet, id2label)),
    ...(scheduler === null ? [] : [["Steps", describeSteps(scheduler, report.defaultSteps)]]),
    ...report.recommendedSchedulers.map((recommended) => [
      "",
      `${recommended.steps} steps: --scheduler ${recommended.className} --steps ${recommended.steps}`,
    ]),
    ...report.recommendedTimesteps.map((timesteps) => [
      "",
      `${timesteps.length} steps: --timesteps ${timesteps.join()}`,
    ]),
    ...(unsupported === null ? [] : [["Cannot run", unsupported]]),
  ];
  return formatTable(rows);
}

function describeUnet(unet: UnetReport, id2label: Id2Label | null): readonly (readonly string[])[] {
  const { sampleSize, outChannels, numClassEmbeds, parameters, weights, estimatedMemory } = unet;
  const [height, width] = sampleSize;
  const stored = weights.dtypes === null ? "" : `, ${weights.dtypes.join(" and ")}`;
  const tensors = weights.tensors === null ? "" : ` in ${count(weights.tensors)} tensors`;
  const [first = "not known", ...others] = weights.files.map(describeFile);
  return [
    ["Images", `${width}x${height}, ${outChannels} channels`],
    [
      "Classes",
      numClassEmbeds === null ? "none" : `${count(numClassEmbeds)}: --class-label 0 to ${numClassEmbeds - 1}`,
    ],
    ...listNames(id2label),
    ["Parameters", `${count(parameters)}${tensors}${stored}`],
    ["Weights", first],
    ...others.map((file) => ["", file]),
    ...(weights.isLocal ? [] : [["", `about ${formatBytes(weights.size)}, not fetched yet`]]),
    ["Memory", `about ${formatBytes(estimatedMemory)} for one image at a time, on a CPU`],
  ];
}

/** Six names in a line. */
function listNames(id2label: Id2Label | null): readonly (readonly string[])[] {
  const { names } = new ClassNames(id2label ?? undefined);
  const rows = Array.from({ length: Math.ceil(names.length / 6) }, (_, row) =>
    names
      .slice(6 * row, 6 * row + 6)
      .map((name, column) => `${6 * row + column} ${name}`)
      .join(", "),
  );
  return rows.map((row) => ["", row]);
}

function describeFile({ path, size }: WeightsFile): string {
  return size === null ? path : `${path}, ${formatBytes(size)}`;
}

function describeSteps(scheduler: SchedulerReport, defaultSteps: number | null): string {
  const { numTrainTimesteps, sigmaMin, sigmaMax, betaSchedule, betaStart, betaEnd } = scheduler;
  const byDefault = defaultSteps === null || defaultSteps === 1 ? [] : [`${defaultSteps} by default`];
  const grid = numTrainTimesteps === null ? [] : [`grid of ${numTrainTimesteps} timesteps`];
  const sigmas = sigmaMin === null || sigmaMax === null ? [] : [`sigma ${sigmaMin} to ${sigmaMax}`];
  const betas =
    betaSchedule === null || betaStart === null || betaEnd === null
      ? []
      : [`${betaSchedule} betas ${betaStart} to ${betaEnd}`];
  return [...byDefault, ...grid, ...sigmas, ...betas].join(", ") || "as the scheduler sets them";
}

function count(value: number): string {
  return value.toLocaleString("en");
}
