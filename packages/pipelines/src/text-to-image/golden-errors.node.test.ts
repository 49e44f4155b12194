import { OnestepError, Tensor, TorchGenerator } from "@onestep/core";
import { expect, it, vi } from "vitest";
import type { DiffusionPipelineBase } from "../pipeline.ts";
import goldens from "./__fixtures__/errors.json" with { type: "json" };
import { readArguments, textFile } from "./__fixtures__/golden-call.ts";
import { fox, load, open } from "./__fixtures__/small-pipelines.ts";
import { promptPipelineClasses } from "./auto-pipeline.ts";

interface GoldenRefusal {
  readonly folder: string;
  readonly class: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly error?: string;
  readonly message?: string;
}

type Pipe = DiffusionPipelineBase & {
  generate(options: object): Promise<{ readonly images: Tensor<"float32"> }>;
};

const all = goldens.calls as readonly GoldenRefusal[];

/** Calls that Python refuses and that run here: one negative prompt for several prompts. */
const accepted: readonly string[] = [
  '{"prompt":["a","b"],"negative_prompt":"c"}',
  '{"prompt":["a","b"],"negative_prompt":["c"]}',
];

/** What the error names, by a part of Python's message or argument. */
const subjects: readonly (readonly [RegExp, string])[] = [
  [/list of generators/, "list of generators"],
  [/callback_on_step_end_tensor_inputs/, "callback_on_step_end_tensor_inputs"],
  [/negative_pooled_prompt_embeds/, "negativePooledPromptEmbeds"],
  [/pooled_prompt_embeds/, "pooledPromptEmbeds"],
  [/`prompt_2`/, "prompt2"],
  [/Only one of `timesteps` or `sigmas`/, "timesteps and sigmas"],
  [/sigmas schedules/, "sigmas"],
  [/timestep schedules/, "setTimesteps"],
  [/custom_timesteps|`timesteps` must/, "timesteps"],
  [/height/, "height"],
  [/strength parameter|The value of strength/, "strength"],
  [/`original_steps x strength`: 50 x 0.05/, "setTimesteps"],
  [/original_steps x strength/, "numInferenceSteps"],
  [/division/, "numInferenceSteps"],
  [/tuple index/, "clipSkip"],
  [/inpainting mask crop/, "paddingMaskCrop"],
  [/`image`|incorrect format/, "image"],
  [/negative_prompt_embeds|`negative_prompt`/, "negativePrompt"],
  [/prompt/, "prompt"],
];

const noises: Readonly<Record<string, Tensor<"float32">>> = {
  image: new TorchGenerator(3).randn([2, 3, 64, 64]).mul(0.1).add(0.5).clamp(0, 1),
  mask: new TorchGenerator(4).randn([1, 1, 64, 64]).mul(0.1).add(0.5).clamp(0, 1),
};

async function optionsOf({ args, message = "" }: GoldenRefusal): Promise<Record<string, unknown>> {
  const { generator, output_type: outputType, callback_on_step_end: callback, ...rest } = args;
  const images = noises["image"]?.slice(0, message.includes("batch size 2 to 3") ? 2 : 1);
  const read = Object.entries(rest).map(([name, value]) => {
    const shape = typeof value === "string" ? /^zeros(\[.*\])$/.exec(value)?.[1] : undefined;
    if (shape !== undefined) return [name, Tensor.zeros(JSON.parse(shape))];
    if (!name.includes("image")) return [name, value];
    return [name, value === "image" ? images : noises[String(value)]];
  });
  const { callbackOnStepEndTensorInputs: names, ...options } = await readArguments(Object.fromEntries(read));
  return {
    ...options,
    ...(names === undefined ? {} : { callback_on_step_end_tensor_inputs: names }),
    ...(callback === undefined ? {} : { onStepEnd: () => undefined }),
    ...(generator === undefined ? {} : { generator: [new TorchGenerator(0)] }),
    outputType: outputType ?? "tensor",
  };
}

const pipes = new Map<string, Promise<Pipe>>();

function pipelineOf({ folder, class: name }: GoldenRefusal): Promise<Pipe> {
  const key = `${folder} ${name}`;
  const found = promptPipelineClasses.find(({ className }) => className === name) as unknown as {
    fromPretrained(source: URL, options: object): Promise<Pipe>;
  };
  const opened = pipes.get(key) ?? open(found.fromPretrained(textFile(`${folder}/`), load));
  pipes.set(key, opened);
  return opened;
}

/** A call that is right. */
async function drawWell(pipe: Pipe): Promise<Float32Array> {
  const isFromImage = /Img2Img|Inpaint/.test(pipe.className);
  const { images } = await pipe.generate({
    prompt: fox,
    numInferenceSteps: 2,
    seed: 0,
    outputType: "tensor",
    ...(isFromImage ? { image: noises["image"]?.slice(0, 1), strength: 0.6 } : { height: 64, width: 64 }),
    ...(pipe.className.includes("Inpaint") ? { maskImage: noises["mask"], height: 64, width: 64 } : {}),
  });
  return images.data;
}

it.each(all)("$class of $folder: $args", async (call) => {
  const pipe = await pipelineOf(call);
  const options = await optionsOf(call);
  if (call.error === undefined || accepted.includes(JSON.stringify(call.args))) {
    const run = pipe.generate({ numInferenceSteps: 1, ...options, seed: 0 });
    await expect(run).resolves.toHaveProperty("images");
    return;
  }
  const before = await drawWell(pipe);
  const { unet, textEncoder, vae } = pipe.components as unknown as Record<string, { forward: never }>;
  const forwards = [unet, textEncoder].map((model) => vi.spyOn(model as { forward: () => void }, "forward"));
  const codec = vae as unknown as { encode: () => void; decode: () => void };
  const passes = [...forwards, vi.spyOn(codec, "encode"), vi.spyOn(codec, "decode")];
  const generator = options["generator"] ?? new TorchGenerator(7);
  const error: unknown = await pipe.generate({ ...options, generator }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(OnestepError);
  const expected = subjects.find(([pattern]) => pattern.test(call.message ?? ""))?.[1];
  expect((error as OnestepError).problem?.subject ?? (error as OnestepError).message).toContain(expected);
  for (const pass of passes) expect(pass).not.toHaveBeenCalled();
  if (generator instanceof TorchGenerator) {
    expect(generator.randn([4])).toEqual(new TorchGenerator(7).randn([4]));
  }
  expect(await drawWell(pipe)).toEqual(before);
});
