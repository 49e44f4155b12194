/** A model as `GET v1/models` describes it. */
export interface ServedModel {
  readonly id: string;
  readonly onestep: {
    /** The class of its pipeline. */
    readonly class: string;
    readonly tasks: readonly ServedTask[];
    readonly sizes: {
      /** As in `512x512`. */
      readonly default: string;
      /** `null` for models with one size. */
      readonly multiple: number | null;
      readonly maximum: number | null;
    };
    readonly steps: { readonly default: number };
    /** `null` for models that are not guided. */
    readonly guidance: { readonly default: number } | null;
    /** The names of its classes, in no particular order; `null` for models without names. */
    readonly labels: readonly string[] | null;
    readonly prompt: boolean;
    readonly negative_prompt: boolean;
    readonly adapters: readonly string[];
    /** The model that this id is another name of. */
    readonly alias_of?: string;
  };
}

/** What a model can do. */
export type ServedTask = "generation" | "edit" | "inpainting" | "variation";

/** The body of an error. */
export interface ServedError {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
}

/** An event of a stream of images. */
export type ServedEvent =
  | {
      readonly type: `${"image_generation" | "image_edit"}.partial_image`;
      readonly b64_json: string;
      /** Counts from 0, for each image. */
      readonly partial_image_index: number;
      readonly image_index?: number;
    }
  | {
      readonly type: `${"image_generation" | "image_edit"}.completed`;
      readonly b64_json: string;
      readonly image_index?: number;
      readonly seed?: number;
    }
  | { readonly type: "error"; readonly error: ServedError };
