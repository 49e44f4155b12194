import type { CallOptions, Engine } from "../engine/engine.ts";
import type {
  CallName,
  Edit,
  EngineCalls,
  GenerateReply,
  MadeImage,
  ModelFacts,
  ModelSource,
  StartPicture,
  TextRequest,
} from "../engine/messages.ts";
import type { ServedModel } from "./messages.ts";
import { decodePicture, encodePicture, fitPicture } from "./pictures.ts";
import { factsOfServed } from "./served-facts.ts";
import { failureOf, type ServiceClient } from "./service-client.ts";
import { ShownPreviews } from "./shown-previews.ts";

/** The largest number of previews of an image; a model of n steps has n − 1 at most. */
const mostPreviews = 3;

type Fields = Readonly<Record<string, unknown>>;

interface ImagesRequest {
  readonly seeds: readonly number[];
  readonly steps: number;
  readonly fields: Fields;
  readonly start?: StartPicture | undefined;
}

/** Asks the service that serves the page for images. */
export class ServiceEngine implements Engine {
  readonly isLocal = false;
  readonly isAlive = true;
  readonly #client: ServiceClient;
  readonly #models: ReadonlyMap<string, ServedModel>;
  #model: ServedModel | undefined;

  constructor(client: ServiceClient, models: readonly ServedModel[]) {
    this.#client = client;
    this.#models = new Map(models.map((model) => [model.id, model]));
  }

  factsOf(source: ModelSource): ModelFacts | undefined {
    const model = source.kind === "hub" ? this.#models.get(source.id) : undefined;
    return model && factsOfServed(model, location.host);
  }

  async call<Name extends CallName>(
    name: Name,
    request: EngineCalls[Name]["request"],
    options: CallOptions = {},
  ): Promise<EngineCalls[Name]["reply"]> {
    const answers: {
      readonly [Each in CallName]: (
        request: EngineCalls[Each]["request"],
      ) => Promise<EngineCalls[Each]["reply"]>;
    } = {
      load: async ({ source }) => this.#choose(source),
      inspect: async ({ source }) => {
        const { text } = this.#choose(source);
        const className = text?.className ?? this.#require().onestep.class;
        return { className, isText: text !== undefined, totalBytes: undefined, misfit: undefined };
      },
      noise: async () => [],
      fit: async (wanted) => fitPicture(wanted),
      generate: ({ seeds, classLabels, steps }) =>
        this.#make({ seeds, steps: Number(steps), fields: this.#labelFields(classLabels) }, options),
      text: (wanted) =>
        this.#make(
          { seeds: wanted.seeds, steps: wanted.steps, fields: this.#textFields(wanted), start: wanted.start },
          options,
        ),
      edit: ({ edit, seeds, classLabels, steps }) =>
        this.#make({ seeds, steps, fields: this.#labelFields(classLabels), start: startOf(edit) }, options),
    };
    return answers[name](request);
  }

  #choose(source: ModelSource): ModelFacts {
    const facts = this.factsOf(source);
    if (facts === undefined || source.kind !== "hub") throw failureOf("The server does not have this model.");
    this.#model = this.#models.get(source.id);
    return facts;
  }

  #require(): ServedModel {
    if (this.#model === undefined) throw failureOf("No model is chosen.");
    return this.#model;
  }

  #textFields({ prompt, negativePrompt, guidanceScale, width, height }: TextRequest): Fields {
    const { guidance } = this.#require().onestep;
    return {
      prompt,
      size: `${width}x${height}`,
      ...(negativePrompt === undefined ? {} : { negative_prompt: negativePrompt }),
      ...(guidance === null ? {} : { guidance_scale: guidanceScale }),
    };
  }

  /** The classes of the images by name, since a list of names is all that is known of them: one if they are all the same. */
  #labelFields(classLabels: readonly number[] | undefined): Fields {
    if (classLabels === undefined) return {};
    const names = classLabels.map((label) => this.#require().onestep.labels?.[label] ?? label);
    const [first] = names;
    return { class_labels: names.every((name) => name === first) ? first : names };
  }

  async #make(
    { seeds, steps, fields, start }: ImagesRequest,
    { signal, onEvent }: CallOptions,
  ): Promise<GenerateReply> {
    const begun = performance.now();
    const previews = Math.max(0, Math.min(mostPreviews, steps - 1));
    const body = {
      model: this.#require().id,
      n: seeds.length,
      seed: seeds[0],
      num_inference_steps: steps,
      ...fields,
      stream: true,
      partial_images: previews,
    };
    const events =
      start === undefined
        ? this.#client.streamImages("generations", body, signal)
        : this.#client.streamImages("edits", await formOf(body, start), signal);
    const made: MadeImage[] = [];
    const shown = new ShownPreviews({ count: seeds.length, previews, onEvent });
    for await (const event of events) {
      const index = event.image_index ?? 0;
      const image = await decodePicture(event.b64_json);
      signal?.throwIfAborted();
      if (event.type.endsWith(".completed")) {
        made[index] = image;
        shown.finish(index, image.frame);
      } else if ("partial_image_index" in event) {
        shown.show(index, event.partial_image_index, image.frame);
      }
    }
    const images = seeds.flatMap((_, index) => made[index] ?? []);
    if (images.length < seeds.length) {
      throw failureOf("The server ended its answer before all images were there. Try again.");
    }
    return { images, milliseconds: performance.now() - begun, stepMilliseconds: [] };
  }
}

function startOf(edit: Edit): StartPicture {
  if (edit.kind === "inpaint") return { image: edit.image, mask: edit.mask, strength: undefined };
  if (edit.kind === "strokes") return { image: edit.image, mask: undefined, strength: edit.strength };
  throw failureOf("The server does not make this edit.");
}

async function formOf(body: Fields, { image, mask, strength }: StartPicture): Promise<FormData> {
  const form = new FormData();
  for (const [name, value] of Object.entries(body)) {
    form.append(name, typeof value === "object" ? JSON.stringify(value) : String(value));
  }
  if (strength !== undefined) form.append("strength", String(strength));
  form.append("image", await encodePicture(image), "image.png");
  if (mask !== undefined) form.append("mask", await encodePicture(mask), "mask.png");
  return form;
}
