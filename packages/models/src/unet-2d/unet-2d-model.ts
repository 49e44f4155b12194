/// <reference lib="esnext.disposable" preserve="true" />
import {
  DisposedError,
  InvalidArgumentError,
  nextTask,
  type ProgressListener,
  type Tensor,
  untilAborted,
} from "@onestep/core";
import { parsePythonJson } from "@onestep/core/files";
import {
  type FileLocation,
  type OpenRepositoryOptions,
  openFile,
  openRepository,
  type Repository,
  type RepositoryLocation,
  type UploadFile,
  type UploadReport,
} from "@onestep/hub";
import {
  checkSessionOptions,
  type Device,
  findPrecisions,
  type InferenceSession,
  type OptimizationGoal,
  type Precision,
  type WebOptions,
} from "@onestep/runtime";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { listModelFiles, type ModelFilesOptions, type SavableModel } from "../checkpoint/list-model-files.ts";
import { matchWeights } from "../checkpoint/match-weights.ts";
import { openCheckpoint } from "../checkpoint/open-checkpoint.ts";
import { type PushModelOptions, pushModel } from "../checkpoint/push-model.ts";
import { type SaveModelOptions, saveModel } from "../checkpoint/save-model.ts";
import { byteLength } from "../graph/serialize-model.ts";
import { checkModelFits, stopAtMisfits } from "../session/check-model-fits.ts";
import { checkPrecision, choosePrecision, type RequestedPrecision } from "../session/choose-precision.ts";
import { startSession } from "../session/start-session.ts";
import { type OpenSingleFileOptions, openSingleFile } from "../single-file/open-single-file.ts";
import { buildUNet2DGraph } from "./build-unet-2d-graph.ts";
import type { ClassLabels } from "./class-label-tensor.ts";
import { completeUNet2DModelConfig, isOlderUNet2DModelConfig } from "./complete-unet-2d-model-config.ts";
import { forwardInputs } from "./forward-inputs.ts";
import { type ExpectedWeight, listUNet2DModelWeights } from "./list-unet-2d-model-weights.ts";
import { sampleSizeOf } from "./sample-size.ts";
import { type ImageSize, SizedSessions } from "./sized-sessions.ts";
import { compareInStateDict } from "./state-dict-order.ts";
import { unet2DGraphNames } from "./unet-2d-graph-names.ts";
import { type UNet2DModelConfig, unet2DModelConfigSchema } from "./unet-2d-model-config.ts";

/** Where a model runs and how it is loaded. */
export interface LoadModelOptions {
  /** Folder of the model in the repository (`unet`); the root by default. */
  readonly subfolder?: string | undefined;
  /** Which of several weights files to take: `"fp16"` for `diffusion_pytorch_model.fp16.safetensors`. */
  readonly variant?: string | undefined;
  /** The entry of a weights file of torch to take the arrays from (`"ema"`), where it holds several sets of them. */
  readonly stateDictKey?: string | undefined;
  /** `"auto"` (default) takes the best device that is there. */
  readonly device?: Device | "auto" | undefined;
  /**
   * What to compute in, whatever the weights are stored in. `"auto"` (default) is float32, but for weights in float16 on a
   * GPU that computes in it. `"float16"` takes half of the memory of `"float32"` there, and is a little less exact;
   * norms, softmax, the embedding of timesteps and the output stay in float32.
   */
  readonly dtype?: RequestedPrecision | undefined;
  /** Threads to compute with; by default the number of cores. */
  readonly threads?: number | undefined;
  /** `"throughput"` (default) for many images; `"startup"` loads at once and takes longer for each image. */
  readonly optimizeFor?: OptimizationGoal | undefined;
  /** How the model is run in a browser. */
  readonly web?: WebOptions | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ProgressListener | undefined;
}

/** Options of {@link UNet2DModel.fromSingleFile}. */
export interface LoadSingleFileOptions
  extends Omit<LoadModelOptions, "subfolder" | "variant" | "stateDictKey">,
    OpenSingleFileOptions {}

/** Options of {@link UNet2DModel.forward}. */
export interface UNet2DModelForwardOptions {
  /**
   * [batch, in channels, height, width]. Fastest in the size that the config names; another, of multiples of 2 to the number
   * of halvings, is run in a session of its own, which takes its time and memory once, until the model is disposed of.
   */
  readonly sample: Tensor<"float32">;
  /**
   * One timestep for all, or one per image. Fractions count (in Python, a bare float would be cut to an integer). Above 0
   * for a model with a Fourier embedding, an integer from 0 to `numTrainTimesteps - 1` for one with a learned embedding.
   */
  readonly timestep: number | ArrayLike<number>;
  /**
   * One class for all, or one per image, each from 0 to `numClassEmbeds - 1`. For class-conditional models only. Where
   * `classEmbedType` is `"timestep"`, numbers that are embedded as timesteps are; where it is `"identity"`, embeddings,
   * [batch or 1, width of the time embedding].
   */
  readonly classLabels?: ClassLabels | undefined;
  /** An abort rejects at once. */
  readonly signal?: AbortSignal | undefined;
}

/** What {@link UNet2DModel.forward} returns. */
export interface UNet2DModelOutput {
  /** The prediction, [batch, out channels, height, width]. */
  readonly sample: Tensor<"float32">;
}

/**
 * A UNet that predicts an image of the size of its input, from a noisy image and a timestep; diffusers' `UNet2DModel`.
 */
export class UNet2DModel {
  /** The configuration, camelCase, frozen. */
  readonly config: UNet2DModelConfig;
  /** How many numbers the model has learned. */
  readonly parameterCount: number;
  /** What the model computes in. Inputs and outputs are float32. */
  readonly dtype: Precision;
  #checkpoint: Checkpoint;
  readonly #sessions: SizedSessions;
  readonly #sessionOptions: SessionOptions;
  #disposed = false;

  private constructor(
    config: UNet2DModelConfig,
    checkpoint: Checkpoint,
    sessions: SizedSessions,
    { dtype, sessionOptions }: { readonly dtype: Precision; readonly sessionOptions: SessionOptions },
  ) {
    this.config = config;
    this.dtype = dtype;
    this.#checkpoint = checkpoint;
    this.#sessions = sessions;
    this.#sessionOptions = { ...sessionOptions, signal: undefined };
    this.parameterCount = [...checkpoint.tensors.values()].reduce(
      (count, { shape }) => count + shape.reduce((product, dimension) => product * dimension, 1),
      0,
    );
  }

  /**
   * Loads a model as Python saved it.
   *
   * @param source - A Hub id, a folder, a `file:` URL, an `http(s):` URL of a folder, or files at hand.
   * @throws HubError where a file cannot be had.
   * @throws InvalidConfigError, UnsupportedError where `config.json` is wrong, or of a model that is not built here.
   * @throws CheckpointError where a weights file is damaged; UnsafePickleError where it is more than weights.
   * @throws WeightsMismatchError where the weights are not those that `config.json` asks for.
   * @throws OutOfMemoryError where the device can never hold them, before they are fetched.
   */
  static async fromPretrained(
    source: RepositoryLocation,
    options: LoadModelOptions & OpenRepositoryOptions = {},
  ): Promise<UNet2DModel> {
    const repository = await openRepository(source, { ...options, holdRevision: true });
    const model = await UNet2DModel.fromRepository(repository, options);
    await repository.settle?.();
    return model;
  }

  /** Like {@link UNet2DModel.fromPretrained}, from a repository that is open already. */
  static async fromRepository(repository: Repository, options: LoadModelOptions = {}): Promise<UNet2DModel> {
    const { subfolder = "", variant, stateDictKey, signal, onProgress } = options;
    await chooseSession(options);
    const folder = subfolder === "" ? "" : `${subfolder}/`;
    const configFile = await repository.get(`${folder}config.json`, { signal, onProgress });
    const configName = `${configFile.path} of ${repository.name}`;
    const configText = await configFile.text({ signal });
    const declared = unet2DModelConfigSchema.fromJson(parsePythonJson(configText, configName), configName);
    // What cannot be built or held is told before the weights are fetched, unless these have to complete the config.
    if (!isOlderUNet2DModelConfig(declared)) {
      const weights = listUNet2DModelWeights(declared);
      const { sessionOptions } = await chooseSession(options, largestOf(weights));
      checkModelFits(repository.name, weights, sessionOptions.device);
    }
    const found = await openCheckpoint(repository, { subfolder, variant, stateDictKey, signal, onProgress });
    const config = completeUNet2DModelConfig(declared, found.tensors.keys());
    return UNet2DModel.#start(repository.name, config, found, options);
  }

  /**
   * Loads an original checkpoint of openai/consistency_models (`cd_imagenet64_l2.pt`, `ct_bedroom256.pt`,
   * `edm_cat256_ema.pt`), a state dict in torch's format or in safetensors. What network it is of is read from its
   * arrays, and checked against the file's name. {@link UNet2DModel.savePretrained} then writes it in diffusers' layout.
   *
   * @param source - A path, a URL, the URL of a file's page on the Hub, or a `File` of a browser.
   * @throws HubError where the file cannot be had.
   * @throws CheckpointError where it is damaged; UnsafePickleError where it is more than weights.
   * @throws InvalidConfigError where the arrays are not those of such a network, or not of the one that the name claims.
   * @throws InvalidArgumentError where the network is none of those that were published, and `sampleSize` or
   * `attentionHeadDim` is not given; where an option contradicts the arrays.
   */
  static async fromSingleFile(
    source: FileLocation,
    options: LoadSingleFileOptions & OpenRepositoryOptions = {},
  ): Promise<UNet2DModel> {
    const { signal, onProgress } = options;
    const session = await chooseSession(options);
    const listener = stopAtMisfits(onProgress, session.sessionOptions.device);
    const file = await openFile(source, { ...options, onProgress: listener });
    const { sampleSize, attentionHeadDim, numClassEmbeds, useNewAttentionOrder, stateDictKey } = options;
    const network = { sampleSize, attentionHeadDim, numClassEmbeds, useNewAttentionOrder, stateDictKey };
    const { config, checkpoint } = await openSingleFile(file, { ...network, signal, onProgress });
    return UNet2DModel.#start(file.path, config, checkpoint, options);
  }

  static async #start(
    name: string,
    config: UNet2DModelConfig,
    found: Checkpoint,
    options: RunOptions,
  ): Promise<UNet2DModel> {
    const weights = listUNet2DModelWeights(config);
    await nextTask();
    const tensors = matchWeights(`weights of ${name}`, weights, found.tensors);
    const checkpoint = { files: found.files, tensors };
    const { dtype, precisions, sessionOptions } = await chooseSession(options, largestOf(weights));
    checkModelFits(name, weights, sessionOptions.device);
    const precision = choosePrecision(dtype, precisions, tensors.values());
    await nextTask();
    const session = await startSession(
      checkpoint,
      (source) => buildUNet2DGraph(config, source, precision),
      sessionOptions,
    );
    const { height, width } = sampleSizeOf(config);
    const sessions = new SizedSessions([height, width], session);
    return new UNet2DModel(config, checkpoint, sessions, { dtype: precision, sessionOptions });
  }

  /** Where the model runs. */
  get device(): Device {
    return this.#sessions.first.device;
  }

  /**
   * Predicts from a noisy image and a timestep.
   *
   * @throws InvalidArgumentError where shape, timesteps or labels do not fit the configuration.
   * @throws DisposedError after {@link UNet2DModel.dispose}.
   */
  async forward(options: UNet2DModelForwardOptions): Promise<UNet2DModelOutput> {
    if (this.#disposed) throw disposed();
    const { signal, sample } = options;
    const inputs = forwardInputs(this.config, options);
    signal?.throwIfAborted();
    const [, , height = 0, width = 0] = sample.shape;
    const size = [height, width] as const;
    // The session of the config's size is there: its run begins at once, and before a `dispose` that follows.
    const session = this.#sessions.isFirst(size)
      ? this.#sessions.first
      : await untilAborted(
          this.#sessions.get(size, () => this.#openSession(size)),
          signal,
        );
    if (this.#disposed) throw disposed();
    const outputs = await session.run(inputs, { signal });
    return { sample: outputs[unet2DGraphNames.modelOutput] as Tensor<"float32"> };
  }

  /**
   * The files that {@link UNet2DModel.savePretrained} writes, without writing them: `config.json`, the weights, and the
   * index of shards. The weights are read from where they lie, when they are asked for.
   *
   * @throws InvalidArgumentError where an option is wrong.
   */
  listFiles(options: ModelFilesOptions = {}): readonly UploadFile[] {
    return listModelFiles(this.#savable, options);
  }

  /**
   * Writes `config.json` and the weights into a folder, as diffusers does; the folder is made where it is not there. The
   * arrays stay in the type that they are stored in. Saving into the folder that the model was loaded from works.
   *
   * Nothing that stands there is touched before all is written. Then weights of the same variant that an earlier save
   * left there are removed; those of other variants and other formats stay.
   *
   * @param directory - A path or a `file:` URL.
   * @throws FileWriteError where the folder cannot be written; what stood there is as it was.
   * @throws InvalidArgumentError where an option is wrong.
   */
  async savePretrained(directory: string | URL, options: SaveModelOptions = {}): Promise<void> {
    this.#checkpoint = await saveModel(this.#savable, directory, options);
  }

  /**
   * Uploads what {@link UNet2DModel.savePretrained} writes to a repository of the Hub, which is made where there is
   * none; diffusers' `push_to_hub`. Nothing is written to disk on the way. Weights of the same variant that an earlier
   * upload left there are removed by the same commit.
   *
   * @param repositoryId - `owner/name`; a name alone is of the one that the token belongs to.
   * @throws InvalidArgumentError where the id or an option is wrong.
   * @throws HubError where the Hub cannot be reached, or does not take it; see `uploadFiles` of `@onestep/hub`.
   * @throws UnsupportedError in a browser.
   */
  async pushToHub(repositoryId: string, options: PushModelOptions = {}): Promise<UploadReport> {
    return pushModel(this.#savable, repositoryId, options);
  }

  /** Frees the memory. Idempotent. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    await this.#sessions.dispose();
  }

  #openSession(sampleSize: ImageSize): Promise<InferenceSession> {
    return startSession(
      this.#checkpoint,
      (source) => buildUNet2DGraph({ ...this.config, sampleSize }, source, this.dtype),
      this.#sessionOptions,
    );
  }

  get #savable(): SavableModel {
    return { config: this.config, checkpoint: this.#checkpoint, compareNames: compareInStateDict };
  }

  /** Makes `await using model = …` free the memory at the end of the block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

/** How a model is to run. */
interface ChosenSession {
  readonly dtype: RequestedPrecision;
  /** What the device computes in. */
  readonly precisions: readonly Precision[];
  readonly sessionOptions: SessionOptions;
}

type SessionOptions = Parameters<typeof startSession>[2] & { readonly device: Device };

type RunOptions = Omit<LoadModelOptions, "subfolder" | "variant">;

/**
 * Checks how the model is to run: before anything is fetched, and again where its weights are known.
 *
 * @param largestWeight - Bytes.
 */
async function chooseSession(options: RunOptions, largestWeight?: number): Promise<ChosenSession> {
  const { device, dtype = "auto", threads, optimizeFor, web, signal } = options;
  checkDataType(dtype);
  const { device: chosenDevice } = await checkSessionOptions({ device, threads, optimizeFor }, largestWeight);
  const precisions = await findPrecisions(chosenDevice);
  checkPrecision(dtype, chosenDevice, precisions);
  return { dtype, precisions, sessionOptions: { device: chosenDevice, threads, optimizeFor, web, signal } };
}

/** Bytes of the largest weight, as it is computed with in float32. */
function largestOf(weights: readonly ExpectedWeight[]): number {
  return Math.max(...weights.map(({ shape }) => byteLength("float32", shape)));
}

function checkDataType(dtype: string): void {
  if (dtype === "auto" || dtype === "float32" || dtype === "float16") return;
  throw new InvalidArgumentError({
    subject: "dtype",
    found: JSON.stringify(dtype),
    expected: '"auto", "float32" or "float16"',
    remedy: "Pass one of these; the weights may be stored in any type.",
  });
}

function disposed(): DisposedError {
  return new DisposedError({
    subject: "UNet2DModel",
    found: "a call after dispose()",
    expected: "a model that is loaded",
    remedy: "Load it again with UNet2DModel.fromPretrained.",
  });
}
