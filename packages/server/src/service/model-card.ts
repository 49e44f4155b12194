import type { ImageTask } from "../job.ts";

/** What a served model can do. Workers publish it, so that front ends check requests without the model. */
export interface ModelCard {
  /** The name under which it is served: by default, the repository's. */
  readonly name: string;
  /** The pipeline class. */
  readonly className: string;
  /** When the checkpoint was made, in seconds since 1970. */
  readonly created: number;
  readonly tasks: readonly ImageTask[];
  /** Whether it takes a text. */
  readonly takesPrompt: boolean;
  readonly takesNegativePrompt: boolean;
  /** How many classes it has; undefined without classes. */
  readonly classCount: number | undefined;
  /** The numbers of the classes by name. */
  readonly labels: Readonly<Record<string, number>>;
  readonly size: ModelSizes;
  readonly defaultSteps: number;
  /** The default guidance scale; undefined if it takes none. */
  readonly defaultGuidanceScale: number | undefined;
  /** The default strength of edits; undefined if they take none. */
  readonly defaultStrength: number | undefined;
  /** The names of LoRA adapters that a request may choose. */
  readonly adapters: readonly string[];
  /** Seconds for an image of the default size and steps, measured. */
  readonly secondsPerImage: number;
  /** How many images a run should have at most; 1 where more do not pay. */
  readonly bestBatch: number;
}

/** The sizes of a model's images, in pixels. */
export interface ModelSizes {
  readonly width: number;
  readonly height: number;
  /** Width and height are multiples of it. Undefined if there is one size only. */
  readonly multiple: number | undefined;
}

/** A model as `/v1/models` describes it. */
export interface ModelObject {
  readonly id: string;
  readonly object: "model";
  readonly created: number;
  readonly owned_by: string;
  readonly onestep: {
    readonly class: string;
    readonly tasks: readonly ImageTask[];
    readonly prompt: boolean;
    readonly negative_prompt: boolean;
    readonly labels: readonly string[] | null;
    readonly sizes: {
      readonly default: string;
      readonly multiple: number | null;
      readonly maximum: number | null;
    };
    readonly steps: { readonly default: number };
    readonly guidance: { readonly default: number } | null;
    readonly strength: { readonly default: number } | null;
    readonly adapters: readonly string[];
    /** The model that an alias stands for. */
    readonly alias_of?: string;
  };
}

/**
 * Describes a model as the API does.
 *
 * @param id - The name, or an alias of it.
 * @param maximumPixels - The most pixels that the service makes.
 */
export function toModelObject(card: ModelCard, id: string, maximumPixels: number): ModelObject {
  const { width, height, multiple } = card.size;
  const labels = Object.keys(card.labels);
  const side = multiple === undefined ? null : Math.floor(Math.sqrt(maximumPixels) / multiple) * multiple;
  return {
    ...{ id, object: "model", created: card.created, owned_by: "onestep" },
    onestep: {
      ...{ class: card.className, tasks: card.tasks },
      ...{ prompt: card.takesPrompt, negative_prompt: card.takesNegativePrompt },
      labels: labels.length > 0 ? labels : null,
      sizes: { default: `${width}x${height}`, multiple: multiple ?? null, maximum: side },
      steps: { default: card.defaultSteps },
      guidance: card.defaultGuidanceScale === undefined ? null : { default: card.defaultGuidanceScale },
      strength: card.defaultStrength === undefined ? null : { default: card.defaultStrength },
      adapters: card.adapters,
      ...(id === card.name ? {} : { alias_of: card.name }),
    },
  };
}
