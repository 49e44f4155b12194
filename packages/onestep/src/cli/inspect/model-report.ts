import { ClassNames, type Id2Label } from "@onestep/pipelines";
import { formatTable } from "../output/layout.ts";
import { formatBytes } from "../output/text.ts";

/** A weights file. */
export interface WeightsFile {
  readonly path: string;
  /** Bytes; `null` if unknown without fetching it. */
  readonly size: number | null;
}

/** What is known of a model's weights without fetching them. */
export interface WeightsFindings {
  readonly files: readonly WeightsFile[];
  /** Whether they are on this machine. */
  readonly isLocal: boolean;
  /** Number of arrays; `null` if unknown without fetching them. */
  readonly tensors: number | null;
  /** Stored types, sorted: `["float32"]`; `null` if unknown without fetching them. */
  readonly dtypes: readonly string[] | null;
}

/** The weights of a model. */
export interface WeightsReport extends WeightsFindings {
  /** Bytes of all files; if unknown, an estimate from the number of parameters. */
  readonly size: number;
}

/** The sampling properties of a model's scheduler. */
export interface SchedulerReport {
  readonly className: string;
  /** Number of points in the training grid, which timesteps index. */
  readonly numTrainTimesteps: number | null;
  readonly sigmaMin: number | null;
  readonly sigmaMax: number | null;
  /** Spacing of the betas between `betaStart` and `betaEnd`: `linear`. */
  readonly betaSchedule: string | null;
  readonly betaStart: number | null;
  readonly betaEnd: number | null;
}

/** A scheduler to sample a model with. */
export interface RecommendedScheduler {
  readonly className: string;
  readonly steps: number;
}

/** The UNet of a model. */
export interface UnetReport {
  /** Height and width of the images in pixels. */
  readonly sampleSize: readonly [number, number];
  readonly inChannels: number;
  readonly outChannels: number;
  /** Number of classes; `null` for a model without labels. */
  readonly numClassEmbeds: number | null;
  readonly blockOutChannels: readonly number[];
  readonly parameters: number;
  readonly weights: WeightsReport;
  /** Estimated process memory to make one image on a CPU, in bytes. */
  readonly estimatedMemory: number;
}

/** A component of a text-to-image model. */
export interface ComponentReport {
  /** Name of its folder: `text_encoder`. */
  readonly name: string;
  readonly className: string;
  /** Whether the pipeline runs it; a safety checker, for example, is skipped. */
  readonly isUsed: boolean;
  /** `null` for a component without weights, or of an unsupported class. */
  readonly parameters: number | null;
  /** The weights files that would be loaded; for a component without weights, all files. */
  readonly files: readonly WeightsFile[];
  /** Bytes of these files; `null` if unknown without fetching them. */
  readonly size: number | null;
  /** Variants of the weights that exist: `fp16`. */
  readonly variants: readonly string[];
}

/** Memory for one image by device, in bytes. Estimates; `null` if the device cannot hold the model. */
export interface MemoryReport {
  readonly cpu: number;
  readonly wasm: number | null;
  readonly webgpu: number;
}

/** The report of `onestep inspect`. */
export interface ModelReport {
  readonly model: string;
  /** `null` if the source has no commits: a folder, a web server. */
  readonly commit: string | null;
  readonly className: string;
  /** Class of each component by name. */
  readonly components: Readonly<Record<string, string>>;
  readonly scheduler: SchedulerReport | null;
  readonly unet: UnetReport | null;
  /** The components of a text-to-image model; other models lack these three fields. */
  readonly models?: readonly ComponentReport[];
  readonly imageSize?: readonly [number, number] | null;
  readonly memory?: MemoryReport | null;
  /** Names of the classes by number; `null` if the model does not name them. */
  readonly id2label: Id2Label | null;
  /** Default number of steps; `null` if the pipeline is not supported. */
  readonly defaultSteps: number | null;
  /** The model authors' timesteps for multistep sampling, if known. */
  readonly recommendedTimesteps: readonly (readonly number[])[];
  /** Schedulers that need far fewer steps. */
  readonly recommendedSchedulers: readonly RecommendedScheduler[];
  /** Why this version cannot run it; `null` if it can. */
  readonly unsupported: string | null;
}

/**
 * The report as human-readable lines.
 *
 * @param columns - The width to fit; unlimited by default.
 */
export function formatModelReport(report: ModelReport, columns?: number): readonly string[] {
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
    ...describeComponents(report),
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
  return formatTable(rows, { columns });
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

/** A block of lines for each component, then size and memory. */
function describeComponents({ models = [], imageSize, memory }: ModelReport): readonly (readonly string[])[] {
  const blocks = models.flatMap(({ name, className, isUsed, parameters, files, size, variants }) => {
    const facts = [
      className,
      ...(isUsed ? [] : ["not used"]),
      ...(parameters === null ? [] : [`${count(parameters)} parameters`]),
      ...(size === null || files.length === 0 ? [] : [formatBytes(size)]),
      ...(variants.length === 0 ? [] : [`variants: ${variants.join(", ")}`]),
    ];
    return [[name, facts.join(", ")], ...files.map((file) => ["", describeFile(file)])];
  });
  const size =
    imageSize == null ? [] : [["Images", `${imageSize[1]}x${imageSize[0]} by default, from a --prompt`]];
  if (memory == null) return [...blocks, ...size];
  const wasm = memory.wasm === null ? "does not fit on wasm" : `${formatBytes(memory.wasm)} on wasm`;
  return [
    ...blocks,
    ...size,
    ["Memory", `about ${formatBytes(memory.cpu)} on cpu, ${wasm}, ${formatBytes(memory.webgpu)} on webgpu`],
  ];
}

/** Six names per line. */
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
