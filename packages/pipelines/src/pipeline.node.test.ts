import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvalidArgumentError, InvalidConfigError, Tensor } from "@onestep/core";
import { saveFile } from "@onestep/core/internal/files";
import { type FakeHub, startFakeHub } from "@onestep/fake-hub";
import { bytesFile, type Repository, type UploadFile } from "@onestep/hub";
import { DDIMScheduler, DDPMScheduler, type Scheduler } from "@onestep/schedulers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { drawWeights } from "./__fixtures__/draw-weights.ts";
import { writePipeline } from "./__fixtures__/write-pipeline.ts";
import { zeroPipeline } from "./__fixtures__/zero-pipeline.ts";
import type { Component } from "./component/component.ts";
import type { ComponentSlots } from "./component/component-slots.ts";
import type { DiffusionPipeline } from "./diffusion-pipeline.ts";
import { DiffusionPipelineBase } from "./pipeline.ts";
import { denoise } from "./sampling/denoise.ts";
import type { GenerateOptions, OutputType } from "./sampling/generate-options.ts";
import { type ImagePipelineOutput, toOutput, toPixels } from "./sampling/image-output.ts";
import { DDIMPipeline } from "./unconditional/ddim-pipeline.ts";
import { DDPMPipeline } from "./unconditional/ddpm-pipeline.ts";
import type { UNet2D } from "./unconditional/unet-2d.ts";

const processorFile = "preprocessor_config.json";
const processorText = '{\n  "crop_size": 224,\n  "image_processor_type": "CLIPImageProcessor"\n}\n';

/** A component of another library, which a user wrote. */
class ImageProcessor implements Component {
  static readonly library: string = "transformers";
  static readonly className: string = "CLIPImageProcessor";
  readonly config: object;
  readonly #text: string;
  isDisposed = 0;

  constructor(text: string) {
    this.config = JSON.parse(text);
    this.#text = text;
  }

  static async fromRepository(
    repository: Repository,
    { subfolder }: { readonly subfolder: string },
  ): Promise<ImageProcessor> {
    return new ImageProcessor(await (await repository.get(`${subfolder}/${processorFile}`)).text());
  }

  listFiles(): readonly UploadFile[] {
    return [bytesFile(processorFile, this.#text)];
  }

  async savePretrained(directory: string | URL): Promise<void> {
    await saveFile(directory, processorFile, this.#text);
  }

  dispose(): void {
    this.isDisposed += 1;
  }
}

interface OwnComponents {
  readonly unet: UNet2D;
  readonly scheduler: Scheduler;
  readonly featureExtractor: ImageProcessor;
  readonly safetyChecker?: Component | null;
}

interface OwnOptions<Output extends OutputType = OutputType> extends GenerateOptions<Output> {
  readonly prompt: string;
}

/** A pipeline of a user's own: three components, and one that may be missing. */
class OwnPipeline extends DiffusionPipelineBase<OwnComponents> {
  static readonly className: string = "OwnPipeline";
  static override readonly components: ComponentSlots = {
    featureExtractor: { classes: { "transformers/CLIPImageProcessor": ImageProcessor } },
    safetyChecker: { isOptional: true, classes: {} },
    scheduler: {},
    unet: {},
  };

  async generate<Output extends OutputType = "image">(
    options: OwnOptions<Output>,
  ): Promise<ImagePipelineOutput<Output>> {
    const { unet } = this.components;
    const shape = [options.prompt.length, 3, 8, 8];
    const run = await this.beginSampling(options, { shape, defaultInferenceSteps: 2 });
    const predict = async (sample: Tensor<"float32">, timestep: number | ArrayLike<number>) =>
      (await unet.forward({ sample, timestep })).sample;
    return toOutput(toPixels(await denoise({ ...run, predict }, options)), options.outputType);
  }
}

type Json = Record<string, unknown>;

let folder: string;
let saved: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-own-pipeline-"));
  saved = join(folder, "saved");
  await writePipeline(folder, {
    ...zeroPipeline({ sampleSize: 8 }),
    className: "OwnPipeline",
    scheduler: { _class_name: "DDPMScheduler" },
    fill: drawWeights(),
    index: {
      feature_extractor: ["transformers", "CLIPImageProcessor"],
      safety_checker: [null, null],
      requires_safety_checker: false,
    },
  });
  await mkdir(join(folder, "feature_extractor"));
  await writeFile(join(folder, "feature_extractor", processorFile), processorText);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function readIndex(of: string): Promise<Json> {
  return JSON.parse(await readFile(join(of, "model_index.json"), "utf8")) as Json;
}

async function changeIndex(change: Json): Promise<void> {
  await writeFile(
    join(folder, "model_index.json"),
    JSON.stringify({ ...(await readIndex(folder)), ...change }),
  );
}

const options = { prompt: "ab", seed: 0, outputType: "tensor" } as const;

describe("a pipeline of one's own, with a component of another library", () => {
  it("is loaded, saved and loaded again, each component by its library and class", async () => {
    await using pipe = await OwnPipeline.fromPretrained(folder);
    expect(pipe.components.featureExtractor).toBeInstanceOf(ImageProcessor);
    expect(pipe.components.safetyChecker).toBeNull();
    expect(pipe.device).toBe("cpu");
    await pipe.savePretrained(saved);
    expect(await readIndex(saved)).toMatchObject({
      _class_name: "OwnPipeline",
      feature_extractor: ["transformers", "CLIPImageProcessor"],
      requires_safety_checker: false,
      safety_checker: [null, null],
      scheduler: ["diffusers", "DDPMScheduler"],
      unet: ["diffusers", "UNet2DModel"],
    });
    expect(await readFile(join(saved, "feature_extractor", processorFile), "utf8")).toBe(processorText);
    await using again = await OwnPipeline.fromPretrained(saved);
    const { images } = await pipe.generate(options);
    expect(images.shape).toEqual([2, 3, 8, 8]);
    expect((await again.generate(options)).images).toEqual(images);
  });

  it("is made of parts, and saved with what their classes say of themselves", async () => {
    await using pipe = await OwnPipeline.fromPretrained(folder);
    const { unet, scheduler } = pipe.components;
    const made = new OwnPipeline({ unet, scheduler, featureExtractor: new ImageProcessor(processorText) });
    await made.savePretrained(saved);
    expect(await readIndex(saved)).toMatchObject({
      feature_extractor: ["transformers", "CLIPImageProcessor"],
      safety_checker: [null, null],
    });
  });

  it("keeps the entry of a component that says nothing of its class, as long as it is that one", async () => {
    class Silent extends ImageProcessor {
      static override readonly className: string = undefined as unknown as string;
      static override async fromRepository(): Promise<ImageProcessor> {
        return new Silent(processorText);
      }
    }
    const componentClasses = { "my_library/Processor": Silent };
    await changeIndex({ feature_extractor: ["my_library", "Processor"] });
    await using pipe = await OwnPipeline.fromPretrained(folder, { componentClasses });
    await pipe.savePretrained(saved);
    expect(await readIndex(saved)).toMatchObject({ feature_extractor: ["my_library", "Processor"] });
    const other = OwnPipeline.fromPipe(pipe, { featureExtractor: new Silent(processorText) });
    await expect(other.savePretrained(join(folder, "other"))).rejects.toThrow(
      "The featureExtractor of this pipeline cannot be saved so that it loads again: its config names no class",
    );
    expect(await readdir(folder)).not.toContain("other");
  });

  it("is told what nothing loads, before any weights are read", async () => {
    await changeIndex({ feature_extractor: ["transformers", "SiglipImageProcessor"] });
    await expect(OwnPipeline.fromPretrained(folder)).rejects.toThrow(
      'found SiglipImageProcessor, expected CLIPImageProcessor. Pass what loads it: `componentClasses: { "transformers/SiglipImageProcessor": … }`.',
    );
    const featureExtractor = new ImageProcessor(processorText);
    await using pipe = await OwnPipeline.fromPretrained(folder, { featureExtractor });
    expect(pipe.components.featureExtractor).toBe(featureExtractor);
  });

  it("says which component an index lacks", async () => {
    await changeIndex({ feature_extractor: [null, null] });
    const error = await OwnPipeline.fromPretrained(folder).catch((reason: unknown) => reason);
    expect(InvalidConfigError.isInstance(error)).toBe(true);
    expect((error as Error).message).toContain("has no component feature_extractor");
  });

  it("leaves out an optional component that nothing loads, and says so", async () => {
    const warning = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const entry = ["stable_diffusion", "StableDiffusionSafetyChecker"];
    await changeIndex({ safety_checker: entry });
    await using pipe = await OwnPipeline.fromPretrained(folder);
    expect(pipe.components.safetyChecker).toBeNull();
    expect(warning.mock.calls.flat().join()).toContain("found StableDiffusionSafetyChecker");
    warning.mockClear();
    await using without = await OwnPipeline.fromPretrained(folder, { safetyChecker: null });
    expect(without.components.safetyChecker).toBeNull();
    expect(warning).not.toHaveBeenCalled();
    await pipe.savePretrained(saved);
    expect(await readIndex(saved)).toMatchObject({ safety_checker: [null, null] });
  });

  it("cannot be saved where its class has no name for the index", async () => {
    class Nameless extends DiffusionPipelineBase {}
    const pipe = new Nameless({ scheduler: new DDPMScheduler() });
    await expect(pipe.savePretrained(saved)).rejects.toThrow(
      "The pipeline class Nameless has no `static className`",
    );
    expect(await readdir(folder)).not.toContain("saved");
  });

  it("is told where it forgets to declare a component", () => {
    class Forgetful extends DiffusionPipelineBase<OwnComponents> {}
    const featureExtractor = new ImageProcessor(processorText);
    const parts = { scheduler: new DDPMScheduler(), featureExtractor } as unknown as OwnComponents;
    expect(() => new Forgetful(parts)).toThrow(
      "featureExtractor of Forgetful: found a component that the class does not declare, expected `featureExtractor` in `static components`",
    );
  });

  it("is a DiffusionPipeline, also where its `generate` requires something", async () => {
    const pipe: DiffusionPipeline = await OwnPipeline.fromPretrained(folder);
    const { images } = await pipe.generate({ ...options, prompt: "abc" });
    expect(images.shape).toEqual([3, 3, 8, 8]);
    await pipe.dispose();
  });
});

describe("pushToHub of a pipeline of one's own", () => {
  let hub: FakeHub;

  beforeEach(async () => {
    hub = await startFakeHub({ repositories: {}, accounts: { hf_me: { name: "me" } } });
  });
  afterEach(() => hub.close());

  it("uploads all components, and refuses one that does not list its files before anything is sent", async () => {
    const place = { endpoint: hub.endpoint, environment: {}, token: "hf_me" };
    await using pipe = await OwnPipeline.fromPretrained(folder);
    await pipe.pushToHub("me/own", place);
    const files = hub.files("me/own");
    expect([...files.keys()]).toContain(`feature_extractor/${processorFile}`);
    expect([...files.keys()]).toContain("scheduler/scheduler_config.json");
    const cacheDir = join(folder, "cache");
    await using again = await OwnPipeline.fromPretrained("me/own", { ...place, cacheDir });
    expect((await again.generate(options)).images).toEqual((await pipe.generate(options)).images);

    const silent = Object.assign(new ImageProcessor(processorText), { listFiles: undefined });
    const featureExtractor = silent as unknown as ImageProcessor;
    const other = new OwnPipeline({ ...pipe.components, featureExtractor });
    const error = await other.pushToHub("me/other", place).catch((reason: unknown) => reason);
    expect(InvalidArgumentError.isInstance(error)).toBe(true);
    expect((error as Error).message).toContain(
      "The featureExtractor of this pipeline cannot be uploaded: its class has no `listFiles`",
    );
    expect(() => hub.files("me/other")).toThrow();
  });
});

describe("components that pipelines share", () => {
  it("are disposed of by the pipeline that loaded them, once, and by no other", async () => {
    const pipe = await OwnPipeline.fromPretrained(folder);
    const { featureExtractor } = pipe.components;
    const made = new OwnPipeline(pipe.components);
    const shared = OwnPipeline.fromPipe(made);
    await made.dispose();
    await shared.dispose();
    expect(featureExtractor.isDisposed).toBe(0);
    expect((await pipe.generate(options)).images.shape).toEqual([2, 3, 8, 8]);
    await pipe.dispose();
    await pipe.dispose();
    expect(featureExtractor.isDisposed).toBe(1);
    await expect(shared.generate(options)).rejects.toThrow("was disposed");
  });

  it("stay the caller's, where `fromPretrained` was given them", async () => {
    const featureExtractor = new ImageProcessor(processorText);
    const pipe = await OwnPipeline.fromPretrained(folder, { featureExtractor });
    await pipe.dispose();
    expect(featureExtractor.isDisposed).toBe(0);
    await expect(pipe.generate(options)).rejects.toThrow("was disposed");
  });

  it("are freed where a later one cannot be loaded", async () => {
    await rm(join(folder, "unet"), { recursive: true });
    const loaded: ImageProcessor[] = [];
    const load = ImageProcessor.fromRepository;
    vi.spyOn(ImageProcessor, "fromRepository").mockImplementation(async (...given) => {
      const component = await load(...given);
      loaded.push(component);
      return component;
    });
    await expect(OwnPipeline.fromPretrained(folder)).rejects.toThrow();
    expect(loaded.map(({ isDisposed }) => isDisposed)).toEqual([1]);
  });

  it("go from one class to another by `fromPipe`, whichever it is", async () => {
    await using pipe = await OwnPipeline.fromPretrained(folder);
    const ddpm = DDPMPipeline.fromPipe(pipe);
    const ddim = DDIMPipeline.fromPipe(ddpm);
    expect(Object.keys(ddpm.components).sort()).toEqual(["scheduler", "unet"]);
    expect(ddim.unet).toBe(pipe.components.unet);
    expect(ddim.scheduler).toBeInstanceOf(DDIMScheduler);
    const scheduler = DDIMScheduler.fromConfig(pipe.scheduler.config);
    expect(DDPMPipeline.fromPipe(pipe, { scheduler }).scheduler).toBe(scheduler);
    await ddim.dispose();
    expect((await ddpm.generate({ seed: 0, numInferenceSteps: 1 })).images).toHaveLength(1);
  });

  it("that are missing are named", async () => {
    await using ddpm = await DDPMPipeline.fromPipe(await OwnPipeline.fromPretrained(folder));
    const share = (): unknown => OwnPipeline.fromPipe(ddpm);
    expect(share).toThrow(InvalidArgumentError);
    expect(share).toThrow(
      "featureExtractor of OwnPipeline: found none among unet, scheduler of a DDPMPipeline, expected a component featureExtractor: OwnPipeline is made of featureExtractor, safetyChecker, scheduler, unet. Pass it: `OwnPipeline.fromPipe(pipe, { featureExtractor })`.",
    );
    const featureExtractor = new ImageProcessor(processorText);
    expect(OwnPipeline.fromPipe(ddpm, { featureExtractor }).components).toMatchObject({ featureExtractor });
    const make = (): unknown => new DDPMPipeline({ scheduler: ddpm.scheduler } as OwnComponents);
    expect(make).toThrow("unet of DDPMPipeline: found none, expected a component unet");
  });

  it("that another class does not run are named where it is saved without them", async () => {
    const warning = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    await using pipe = await OwnPipeline.fromPretrained(folder);
    await DDPMPipeline.fromPipe(pipe).savePretrained(saved);
    expect(warning.mock.calls.flat().join()).toContain(
      "was loaded with feature_extractor (CLIPImageProcessor), which DDPMPipeline does not run",
    );
    expect(Object.keys(await readIndex(saved))).not.toContain("feature_extractor");
    await using again = await DDPMPipeline.fromPretrained(saved);
    expect(again.className).toBe("DDPMPipeline");
  });
});

describe("a model that is any object of the right shape", () => {
  const unet: UNet2D = {
    config: { sampleSize: 4, inChannels: 1, outChannels: 1, numClassEmbeds: null, classEmbedType: null },
    device: "cpu",
    forward: async ({ sample }) => ({ sample: Tensor.zeros(sample.shape) }),
    savePretrained: async () => undefined,
  };

  it("makes images in the pipelines of this package", async () => {
    const pipe = new DDPMPipeline({ unet, scheduler: new DDPMScheduler() });
    const { images } = await pipe.generate({ batchSize: 2, seed: 0, numInferenceSteps: 3 });
    expect(images.map(({ width, height, channels }) => [width, height, channels])).toEqual([
      [4, 4, 1],
      [4, 4, 1],
    ]);
  });

  it("has a scheduler that can sample, whatever the class declares", async () => {
    const scheduler = DDIMScheduler as unknown as Scheduler;
    expect(() => new OwnPipeline({ scheduler } as OwnComponents)).toThrow("found the class DDIMScheduler");
    const onProgress = vi.fn();
    const loading = OwnPipeline.fromPretrained(folder, { scheduler, onProgress });
    await expect(loading).rejects.toThrow("found the class DDIMScheduler");
    expect(onProgress).not.toHaveBeenCalledWith(expect.objectContaining({ type: "component-start" }));
  });

  it("is refused where it is none", () => {
    const make = (): unknown =>
      new DDPMPipeline({ unet: { config: {} } as UNet2D, scheduler: new DDPMScheduler() });
    expect(make).toThrow(InvalidArgumentError);
    expect(make).toThrow(
      'unet: found {"config":{}}, expected a model: an object with a config and with forward',
    );
  });
});
