import { ClassNames, type Id2Label } from "@onestep/pipelines";
import type { Result } from "../output/output.ts";
import type { GenerateRequest } from "./generate-request.ts";

/** What happened. */
export interface Generation {
  readonly request: GenerateRequest;
  /** The files that the images were made of, where there were any. */
  readonly inputs?: readonly string[] | undefined;
  /** The files that were written, in the order of the images. */
  readonly files: readonly string[];
  readonly device: string;
  /** The class of each image; `undefined` for a model without classes. */
  readonly classLabels: readonly number[] | undefined;
  readonly id2label: Id2Label | undefined;
  /** How many steps each image took. */
  readonly steps: number;
  /** Size of one image in pixels. */
  readonly width: number;
  readonly height: number;
  readonly milliseconds: { readonly load: number; readonly generate: number; readonly save: number };
}

/** The name of the model that ships. */
export const shippedModel = "@onestep/emoji32";

/** The result of a command that makes images. */
export function reportGeneration({
  request,
  inputs,
  files,
  device,
  classLabels,
  id2label,
  steps,
  ...rest
}: Generation): Result {
  const { model, seeds, timesteps } = request;
  const classNames = new ClassNames(id2label);
  const { load, generate, save } = rest.milliseconds;
  return {
    lines: files,
    document: {
      files,
      ...(inputs === undefined ? {} : { inputs }),
      model: model ?? shippedModel,
      device,
      seeds: seeds.map(toJsonInteger),
      classLabels: classLabels ?? null,
      classNames:
        id2label === undefined ? null : (classLabels?.map((id) => classNames.nameOf(id) ?? null) ?? null),
      timesteps: timesteps ?? null,
      steps,
      width: rest.width,
      height: rest.height,
      milliseconds: {
        load: Math.round(load),
        generate: Math.round(generate),
        save: Math.round(save),
      },
    },
  };
}

/** A number where JSON readers keep it exactly, else its digits. */
function toJsonInteger(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}
