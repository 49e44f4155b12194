/** The version of {@link ImageJob}. Workers take only the jobs of their own version. */
export const jobFormat = 1;

/** What is made: an image from a text or class, from an image, inside a mask, or one like another. */
export type ImageTask = "generation" | "edit" | "inpainting" | "variation";

/** Interactive jobs go first. */
export type JobPriority = "interactive" | "batch";

/** A LoRA adapter that the operator serves, by its name. */
export interface AdapterChoice {
  readonly name: string;
  /** The multiplier of its weights; 1 by default. */
  readonly scale: number;
}

/** The settings of one image, checked against the model. */
export interface ImageSettings {
  /** 0 to 2^53 − 1. */
  readonly seed: number;
  readonly prompt?: string | undefined;
  readonly negativePrompt?: string | undefined;
  /** The number of the class, of a class-conditional model. */
  readonly classLabel?: number | undefined;
  readonly numInferenceSteps?: number | undefined;
  readonly guidanceScale?: number | undefined;
  readonly guidanceRescale?: number | undefined;
  readonly clipSkip?: number | undefined;
  readonly eta?: number | undefined;
  readonly strength?: number | undefined;
  /** In pixels. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly adapters?: readonly AdapterChoice[] | undefined;
  /** Keys in the storage. The mask is white where the image is to be repainted. */
  readonly image?: string | undefined;
  readonly mask?: string | undefined;
}

/** How the image is written. */
export interface OutputSettings {
  readonly format: "png" | "jpeg" | "webp";
  /** 0 to 100, of JPEG and WebP. */
  readonly quality?: number | undefined;
  /** Where the finished image goes in the storage, without the ending. */
  readonly key: string;
  /** How many previews to store while the image is made. */
  readonly previews: number;
}

/** One image to make. It travels as JSON. */
export interface ImageJob {
  /** Letters, digits, `-` and `_`. The same id is the same job. */
  readonly id: string;
  readonly format: typeof jobFormat;
  /** The name under which the model is served. */
  readonly model: string;
  readonly task: ImageTask;
  /** Whose job it is: the id of an API key. */
  readonly owner: string;
  readonly priority: JobPriority;
  /** Estimated seconds on one worker. */
  readonly cost: number;
  /** Jobs of the same group can be made in one run. */
  readonly group: string;
  /** Whether the outcome must survive a restart of a service on one machine. */
  readonly durable: boolean;
  readonly settings: ImageSettings;
  readonly output: OutputSettings;
}

/** An image in the storage. */
export interface StoredImage {
  readonly key: string;
  readonly mediaType: "image/png" | "image/jpeg" | "image/webp";
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
}

/** Why a job failed; what an API answers. */
export interface JobFailure {
  /** The HTTP status that says so. */
  readonly status: number;
  /** In snake case, as in OpenAI's errors: `invalid_value`. */
  readonly code: string;
  readonly message: string;
  readonly param?: string | undefined;
}

/** How a job ended. */
export type JobOutcome =
  | {
      readonly status: "completed";
      readonly image: StoredImage;
      /** Seconds of the run on the worker, and how many images shared it. */
      readonly seconds: number;
      readonly batchSize: number;
      /** The id of the storage that the worker wrote to. */
      readonly storage: string;
    }
  | { readonly status: "failed"; readonly failure: JobFailure }
  | { readonly status: "cancelled" };

/** A preview in the storage. */
export interface JobPreview {
  /** Counts from 0. */
  readonly index: number;
  readonly image: StoredImage;
}
