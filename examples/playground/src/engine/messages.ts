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

/** The device to run a model on. */
export type DeviceChoice = "auto" | "webgpu" | "wasm";

/** The model to load, and its device: the request of `load`. */
export interface LoadRequest {
  readonly source: ModelSource;
  readonly device: DeviceChoice;
  /** The Hub id of a small decoder (AutoencoderTiny) for previews of a text-to-image model. */
  readonly previewId?: string | undefined;
}

/** Whether and how a model generates images from text, with the defaults of its pipeline. */
export interface TextFacts {
  /** The class of its pipeline, as in `model_index.json`. */
  readonly className: string;
  readonly steps: number;
  readonly guidanceScale: number;
  readonly takesGuidance: boolean;
  readonly takesNegativePrompt: boolean;
  /** Whether its pipeline can start from a picture. */
  readonly takesPicture: boolean;
  /** Width and height must be multiples of this, in pixels. */
  readonly sizeMultiple: number;
  /** How intermediate steps are shown: with a small decoder, estimated from the latents, or as a service sends them. */
  readonly preview: PreviewKind;
}

/** How the latents of a step are turned into a preview. */
export type PreviewKind = "tiny" | "linear" | "sent" | "none";

/** What is known about a model before its weights are fetched. */
export interface ModelOutline {
  readonly className: string;
  readonly isText: boolean;
  /** The total size of the weights in bytes; `undefined` if the source does not list sizes. */
  readonly totalBytes: number | undefined;
  /** Why the model cannot run here; `undefined` if there is no known reason. */
  readonly misfit: FailureProblem | undefined;
}

/** What is known about a loaded model. */
export interface ModelFacts {
  /** `undefined` for models without a prompt. */
  readonly text: TextFacts | undefined;
  /** The edits that it can make. */
  readonly edits: readonly Edit["kind"][];
  /** The number of steps unless the user chooses; `undefined` for models for which the page offers a few. */
  readonly defaultSteps: number | undefined;
  /** What computes: a device of this machine, or the host of a service. */
  readonly device: string;
  /** Threads on wasm; 1 elsewhere. */
  readonly threads: number;
  /** The number of classes; `undefined` for models without classes. */
  readonly classCount: number | undefined;
  /** Its class names by id; `undefined` if its files have none. */
  readonly id2label: Id2Label | undefined;
  readonly width: number;
  readonly height: number;
  /** The number of points in the training grid; timesteps range from 0 to one less. */
  readonly trainTimesteps: number | undefined;
  readonly loadMilliseconds: number;
}

/** The images to make, one per seed. */
export interface GenerateRequest {
  readonly seeds: readonly number[];
  /** One per seed; `undefined` for models without classes. */
  readonly classLabels: readonly number[] | undefined;
  /** The number of steps, or explicit timesteps. */
  readonly steps: number | readonly number[];
}

/** The images to make from a prompt, one per seed. */
export interface TextRequest {
  readonly seeds: readonly number[];
  readonly prompt: string;
  readonly negativePrompt: string | undefined;
  readonly guidanceScale: number;
  readonly steps: number;
  readonly width: number;
  readonly height: number;
  readonly start: StartPicture | undefined;
}

/** The picture that a text-to-image model starts from. */
export interface StartPicture {
  readonly image: Frame;
  /** How strongly to change it, from 0 to 1; the model's default for `undefined`. */
  readonly strength: number | undefined;
  /** White where the picture is repainted; `undefined` for all of it. */
  readonly mask: Frame | undefined;
}

/** An edit of a picture; each has its own pipeline class. Pictures have the size of the model. */
export type Edit =
  /** Repaints the white areas of the mask. */
  | { readonly kind: "inpaint"; readonly image: Frame; readonly mask: Frame }
  | { readonly kind: "colorize"; readonly image: Frame }
  /** Upscales a picture that is smaller by a factor to the size of the model. */
  | { readonly kind: "upscale"; readonly image: Frame; readonly factor: number }
  | { readonly kind: "strokes"; readonly image: Frame; readonly strength: number }
  /** Removes noise of a known level. If `noiseSeed` is set, that noise is added first. */
  | {
      readonly kind: "denoise";
      readonly image: Frame;
      readonly sigma: number;
      readonly noiseSeed: number | undefined;
    }
  | { readonly kind: "interpolate"; readonly ends: InterpolationEnds; readonly frames: number };

/** The two ends of an interpolation. */
export type InterpolationEnds =
  | { readonly seeds: readonly [first: number, last: number] }
  | { readonly images: readonly [first: Frame, last: Frame] };

/** An edit to make, once per seed. */
export interface EditRequest {
  readonly edit: Edit;
  readonly seeds: readonly number[];
  /** One per seed; `undefined` for models without classes. */
  readonly classLabels: readonly number[] | undefined;
  readonly steps: number;
}

/** Fits a picture of any size to another size: scales it to cover the size, and crops it. */
export interface FitRequest {
  readonly picture: Frame;
  readonly width: number;
  readonly height: number;
}

/** Draws the initial noise for some seeds, for display; no model is needed. */
export interface NoiseRequest {
  readonly seeds: readonly number[];
  readonly width: number;
  readonly height: number;
}

/** A picture in the format of a canvas. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8ClampedArray<ArrayBuffer>;
}

/** The predicted images of a batch at a step; at `step` 0, the initial input. */
export interface FrameEvent {
  readonly type: "frames";
  readonly step: number;
  readonly totalSteps: number;
  /** The timestep just completed; `undefined` for the noise. */
  readonly timestep: number | undefined;
  readonly frames: readonly Frame[];
  /** The name of this picture, if it is not the step. The next event of the same name replaces it. */
  readonly label?: string;
}

/** A finished image. */
export interface MadeImage {
  readonly frame: Frame;
  readonly png: Blob;
}

/** The results, and how long they took. A service does not tell the time of each step. */
export interface GenerateReply {
  readonly images: readonly MadeImage[];
  readonly milliseconds: number;
  readonly stepMilliseconds: readonly number[];
}

/** Why a request failed, as shown on the page. */
export interface Failure {
  readonly name: string;
  readonly code: string | undefined;
  /** The field of the request that it is about, in the words of the HTTP API. */
  readonly param: string | undefined;
  readonly message: string;
  /** The parts of the message, if the error has them. */
  readonly problem: FailureProblem | undefined;
}

/** What was found, what was expected, and what to do. */
export interface FailureProblem {
  readonly subject: string;
  readonly found: string;
  readonly expected: string;
  readonly remedy: string;
}

/** The requests that the page can send to the worker, and their replies. */
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

/** Events during a call. */
export type EngineEvent = ProgressEvent | FrameEvent;

/** A message from the worker about a call. */
export type EngineAnswer =
  | { readonly id: number; readonly kind: "event"; readonly event: EngineEvent }
  | { readonly id: number; readonly kind: "reply"; readonly reply: EngineCalls[CallName]["reply"] }
  | { readonly id: number; readonly kind: "failure"; readonly failure: Failure };
