import type { Id2Label } from "@onestep/pipelines";
import type { ProgressEvent } from "onestep";

/** Where a model comes from, in a form that can be sent to a worker. */
export type ModelSource =
  | { readonly kind: "shipped"; readonly folder: string }
  | {
      readonly kind: "hub";
      readonly id: string;
      readonly revision: string | undefined;
      readonly variant: string | undefined;
      readonly endpoint: string | undefined;
      readonly token: string | undefined;
    }
  | { readonly kind: "files"; readonly name: string; readonly files: ReadonlyMap<string, Blob> }
  | { readonly kind: "file"; readonly file: File };

/** Where a model is to run. */
export type DeviceChoice = "auto" | "webgpu" | "wasm";

/** A model, and where it runs: what `load` needs. */
export interface LoadRequest {
  readonly source: ModelSource;
  readonly device: DeviceChoice;
}

/** What is known of a model that is loaded. */
export interface ModelFacts {
  readonly device: string;
  /** Threads on wasm; 1 elsewhere. */
  readonly threads: number;
  /** How many classes there are; `undefined` for a model without. */
  readonly classCount: number | undefined;
  /** The names of its classes by id; `undefined` where its files give none. */
  readonly id2label: Id2Label | undefined;
  readonly width: number;
  readonly height: number;
  /** Points of the training grid: timesteps are from 0 to one less. */
  readonly trainTimesteps: number | undefined;
  readonly loadMilliseconds: number;
}

/** What to make: one image for each seed. */
export interface GenerateRequest {
  readonly seeds: readonly number[];
  /** One for each seed; `undefined` for a model without classes. */
  readonly classLabels: readonly number[] | undefined;
  /** Steps of the sampler, or which timesteps. */
  readonly steps: number | readonly number[];
}

/** The noise of some seeds, before any model: to look at. */
export interface NoiseRequest {
  readonly seeds: readonly number[];
  readonly width: number;
  readonly height: number;
}

/** A picture as a canvas takes it. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8ClampedArray<ArrayBuffer>;
}

/** The images of a batch after some steps; `step` 0 is the noise. */
export interface FrameEvent {
  readonly type: "frames";
  readonly step: number;
  readonly totalSteps: number;
  /** The timestep that was done; `undefined` for the noise. */
  readonly timestep: number | undefined;
  readonly frames: readonly Frame[];
}

/** A finished image. */
export interface MadeImage {
  readonly frame: Frame;
  readonly png: Blob;
}

/** What was made, and how long it took. */
export interface GenerateReply {
  readonly images: readonly MadeImage[];
  readonly milliseconds: number;
  readonly stepMilliseconds: readonly number[];
}

/** Why something failed, as a page shows it. */
export interface Failure {
  readonly name: string;
  readonly code: string | undefined;
  readonly message: string;
  /** The parts of the message, where the error has them. */
  readonly problem: FailureProblem | undefined;
}

/** What was found, what was expected and what to do. */
export interface FailureProblem {
  readonly subject: string;
  readonly found: string;
  readonly expected: string;
  readonly remedy: string;
}

/** What the page can ask of the worker, and what it gets. */
export interface EngineCalls {
  readonly load: { readonly request: LoadRequest; readonly reply: ModelFacts };
  readonly generate: { readonly request: GenerateRequest; readonly reply: GenerateReply };
  readonly noise: { readonly request: NoiseRequest; readonly reply: readonly Frame[] };
}

/** The name of a call. */
export type CallName = keyof EngineCalls;

/** A message to the worker. */
export type EngineMessage =
  | {
      [Name in CallName]: {
        readonly call: Name;
        readonly id: number;
        readonly request: EngineCalls[Name]["request"];
      };
    }[CallName]
  | { readonly call: "cancel"; readonly id: number };

/** What happens while a call is at work. */
export type EngineEvent = ProgressEvent | FrameEvent;

/** A message from the worker about a call. */
export type EngineAnswer =
  | { readonly id: number; readonly kind: "event"; readonly event: EngineEvent }
  | { readonly id: number; readonly kind: "reply"; readonly reply: EngineCalls[CallName]["reply"] }
  | { readonly id: number; readonly kind: "failure"; readonly failure: Failure };
