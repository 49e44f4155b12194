import type { ClassConditionalOutput, ConsistencyModelPipeline, EditOptions } from "@onestep/pipelines";
import type { ParsedArguments } from "../arguments/parsed-arguments.ts";

/** The options of `generate` that all edits share. */
export type SharedEditOptions = Omit<EditOptions<"image">, "image">;

/** An edit that is ready to run: all that can be wrong on the command line is checked, all files are read. */
export interface PreparedEdit {
  /** How many images it makes of what it was given, where nothing else asks for more. */
  readonly imageCount: number;
  /** Makes the images. */
  run(pipe: ConsistencyModelPipeline, options: SharedEditOptions): Promise<ClassConditionalOutput>;
}

/** What a command `onestep edit …` does. */
export interface Edit {
  /** How many steps it takes where nothing is said, as far as it is known before. */
  readonly defaultSteps: number;
  /** Whether seeds are something else than one for all images, or one per image. */
  readonly hasOwnSeeds?: boolean;
  /** @throws UsageError, ImageError before a model is loaded. */
  prepare(parsed: ParsedArguments): Promise<PreparedEdit>;
}
