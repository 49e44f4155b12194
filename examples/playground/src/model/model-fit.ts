import type { FailureProblem } from "../engine/messages.ts";
import { formatBytes } from "../work/format.ts";

/** A component of a pipeline, with the size of its weights. */
export interface SizedComponent {
  /** The name of its folder. */
  readonly name: string;
  readonly bytes: number;
  /** Whether its weights are stored in 16 bits; WebAssembly computes with 32. */
  readonly isHalf: boolean;
}

/** The limits of a device. */
export interface Limits {
  readonly isWasm: boolean;
  /** The value of `navigator.deviceMemory`; `undefined` if the browser does not report it. */
  readonly memoryGigabytes: number | undefined;
}

/** A WebAssembly memory can address 4 GiB, and each model is in its own; inference needs the remainder. */
const mostWasmBytes = 3.5 * 1024 ** 3;

/** Some browsers never report more than this, so a device that reports it may have any amount. */
const mostReportedGigabytes = 8;

/**
 * Why a model cannot run within the given limits.
 *
 * @returns `undefined` if there is no known reason.
 */
export function findMisfit(
  model: string,
  components: readonly SizedComponent[],
  { isWasm, memoryGigabytes }: Limits,
): FailureProblem | undefined {
  const needs = components.map(({ name, bytes, isHalf }) => ({
    name,
    bytes: isWasm && isHalf ? 2 * bytes : bytes,
  }));
  const largest = needs.reduce((most, need) => (need.bytes > most.bytes ? need : most), {
    name: "",
    bytes: 0,
  });
  if (isWasm && largest.bytes > mostWasmBytes) {
    return {
      subject: model,
      found: `${formatBytes(largest.bytes)} of weights in ${largest.name}`,
      expected: `at most ${formatBytes(mostWasmBytes)}, since WebAssembly addresses 4 GB at most`,
      remedy: "Use a browser with WebGPU, or a smaller model. Nothing was downloaded.",
    };
  }
  const total = needs.reduce((sum, { bytes }) => sum + bytes, 0);
  if (memoryGigabytes === undefined || memoryGigabytes >= mostReportedGigabytes) return undefined;
  if (total <= memoryGigabytes * 1e9) return undefined;
  return {
    subject: model,
    found: `${formatBytes(total)} of weights`,
    expected: `at most ${memoryGigabytes} GB, the memory of this device`,
    remedy: "Use a device with more memory, or a smaller model. Nothing was downloaded.",
  };
}

/**
 * The weight files of a component, chosen as when loading: safetensors before PyTorch files, and the variant if there
 * is one.
 *
 * @param folder - The folder of the component.
 * @param paths - All files of the repository.
 */
export function weightFilesOf(
  folder: string,
  paths: readonly string[],
  variant: string | undefined,
): readonly string[] {
  const names = paths
    .filter((path) => path.startsWith(`${folder}/`))
    .map((path) => path.slice(folder.length + 1));
  const variants = variant === undefined ? [undefined] : [variant, undefined];
  for (const wanted of variants) {
    for (const pattern of [
      /^(?:diffusion_pytorch_model|model)((?:\.[\w-]+?)?)(?:-\d{5}-of-\d{5})?((?:\.[\w-]+?)?)\.safetensors$/,
      /^(?:diffusion_pytorch_model|pytorch_model)((?:\.[\w-]+?)?)(?:-\d{5}-of-\d{5})?((?:\.[\w-]+?)?)\.bin$/,
    ]) {
      const found = names.filter((name) => {
        const match = pattern.exec(name);
        return match !== null && `${match[1]}${match[2]}` === (wanted === undefined ? "" : `.${wanted}`);
      });
      if (found.length > 0) return found.map((name) => `${folder}/${name}`);
    }
  }
  return [];
}
