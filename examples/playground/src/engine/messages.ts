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
  /** The Hub id of a small decoder (AutoencoderTiny) for previews of a text-to-image model. */
  readonly previewId?: string | undefined;
}

/** What makes a model a text-to-image model, and the defaults of its pipeline. */
export interface TextFacts {
  /** The class of its pipeline, as in `model_index.json`. */
  readonly className: string;
  readonly steps: number;
  readonly guidanceScale: number;
  readonly takesNegativePrompt: boolean;
  /** Whether its pipeline can start from a picture. */
  readonly takesPicture: boolean;
  /** Width and height are multiples of it, in pixels. */
  readonly sizeMultiple: number;
  /** How steps are shown before the last: with a small decoder, or estimated from the latents. */
  readonly preview: PreviewKind;
}

/** How the latents of a step become a preview. */
export type PreviewKind = "tiny" | "linear" | "none";

/** What is known of a model before its weights are fetched. */
export interface ModelOutline {
  readonly className: string;
  readonly isText: boolean;
  /** The length of all weights in bytes; `undefined` if the source does not list sizes. */
  readonly totalBytes: number | undefined;
  /** Why the model cannot run here; `undefined` if nothing is known to prevent it. */
  readonly misfit: FailureProblem | undefined;
}

/** What is known of a model that is loaded. */
export interface ModelFacts {
  /** `undefined` for a model without a prompt. */
  readonly text: TextFacts | undefined;
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

/** What to make of a text, one image for each seed. */
export interface TextRequest {
  readonly seeds: readonly number[];
  readonly prompt: string;
  readonly negativePrompt: string | undefined;
  readonly guidanceScale: number;
  readonly steps: number;
  readonly width: number;
  readonly height: number;
  /** The picture to start from, and how much of it changes, from 0 to 1. */
  readonly start: { readonly image: Frame; readonly strength: number } | undefined;
}

/** What to do with a picture; each has a pipeline class. Pictures have the size of the model. */
export type Edit =
  /** Repaints what is white in the mask. */
  | { readonly kind: "inpaint"; readonly image: Frame; readonly mask: Frame }
  | { readonly kind: "colorize"; readonly image: Frame }
  /** Makes a picture of the model's size of one that is smaller by a factor. */
  | { readonly kind: "upscale"; readonly image: Frame; readonly factor: number }
  | { readonly kind: "strokes"; readonly image: Frame; readonly strength: number }
  /** Removes noise of a known level. With `noiseSeed`, it is added first. */
  | {
      readonly kind: "denoise";
      readonly image: Frame;
      readonly sigma: number;
      readonly noiseSeed: number | undefined;
    }
  | { readonly kind: "interpolate"; readonly ends: InterpolationEnds; readonly frames: number };

/** What an interpolation goes between. */
export type InterpolationEnds =
  | { readonly seeds: readonly [first: number, last: number] }
  | { readonly images: readonly [first: Frame, last: Frame] };

/** An edit to make, once for each seed. */
export interface EditRequest {
  readonly edit: Edit;
  readonly seeds: readonly number[];
  /** One for each seed; `undefined` for a model without classes. */
  readonly classLabels: readonly number[] | undefined;
  readonly steps: number;
}

/** A picture of any size to fit to another: scaled to cover it, and cropped. */
export interface FitRequest {
  readonly picture: Frame;
  readonly width: number;
  readonly height: number;
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

/** The images of a batch as predicted at a step; `step` 0 is what the run begins with. */
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
  readonly inspect: { readonly request: LoadRequest; readonly reply: ModelOutline };
  readonly generate: { readonly request: GenerateRequest; readonly reply: GenerateReply };
  readonly text: { readonly request: TextRequest; readonly reply: GenerateReply };
  readonly edit: { readonly request: EditRequest; readonly reply: GenerateReply };
  readonly fit: { readonly request: FitRequest; readonly reply: Frame };
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
