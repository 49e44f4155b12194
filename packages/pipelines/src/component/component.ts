import { InvalidArgumentError } from "@onestep/core";
import { describeValue, readConfigRecord, toSnakeCase } from "@onestep/core/internal";
import type { UploadFile } from "@onestep/hub";
import type { ModelFilesOptions, SaveModelOptions } from "@onestep/models";
import type { Device } from "@onestep/runtime";
import type { Scheduler } from "@onestep/schedulers";

/**
 * A part of a pipeline: a model, a scheduler, a tokenizer. Any object of this shape is one.
 *
 * `model_index.json` names the library and the class of each. They come from the config, if this library made it; else
 * from `static library` (`"diffusers"` by default) and `static className` of the object's class; else from the entry the
 * component was loaded with.
 */
export interface Component {
  /** Its configuration. */
  readonly config: object;
  /** The device, for a model. */
  readonly device?: Device | undefined;
  /**
   * Saves its files to its own folder, like Python's `save_pretrained`.
   *
   * @param options - How weights are named and sharded, for components with weights.
   */
  savePretrained(directory: string | URL, options?: SaveModelOptions): Promise<void>;
  /** The files `savePretrained` would write. A pipeline needs them to upload the component. */
  listFiles?(options?: ModelFilesOptions): readonly UploadFile[] | Promise<readonly UploadFile[]>;
  /** Frees its memory. Idempotent. */
  dispose?(): Promise<void> | void;
}

/** The components of a pipeline by name, in camelCase: `textEncoder`. An optional one may be null. */
export type ComponentRecord<Names> = {
  readonly [Name in keyof Names]: Component | null | undefined;
};

/** The entry of a component in `model_index.json`: `["diffusers", "UNet2DModel"]`. */
export interface ComponentEntry {
  /** The Python library of the class. */
  readonly library: string;
  readonly className: string;
}

/** The name of a component in `model_index.json`, and of its folder: `textEncoder2` → `text_encoder_2`. */
export function componentFolderName(name: string): string {
  return toSnakeCase(name).replace(/(?<=[a-z])(\d+)$/, "_$1");
}

/** The present components, by name. */
export function listComponents(
  components: object,
): readonly (readonly [name: string, component: Component])[] {
  const entries: readonly [string, Component | null | undefined][] = Object.entries(components);
  return entries.flatMap(([name, component]) => (component == null ? [] : [[name, component] as const]));
}

/** The class named in a component's config (`UNet2DModel`); `undefined` if the config names no class. */
export function componentClassName(component: { readonly config: object }): string | undefined {
  return readConfigRecord(component.config)?.className;
}

/**
 * The library and class to save a component as.
 *
 * @param loaded - The entry of its name in the loaded pipeline, and whether the component is still the same.
 * @throws InvalidArgumentError if the class is unknown: the component could not be loaded again.
 */
export function componentEntry(
  name: string,
  component: Component,
  loaded?: ComponentEntry & { readonly isSame: boolean },
): ComponentEntry {
  const { library = "diffusers", className: staticName } = (component.constructor ?? {}) as {
    readonly library?: string;
    readonly className?: string;
  };
  const className = componentClassName(component) ?? staticName;
  if (loaded !== undefined && (className === undefined ? loaded.isSame : className === loaded.className)) {
    return { library: loaded.library, className: loaded.className };
  }
  if (className !== undefined) return { library, className };
  throw new InvalidArgumentError({
    subject: `${name} of the pipeline`,
    found: "one of your own, whose config names no class of diffusers",
    expected: `a ${name} that can be loaded again`,
    remedy: `Assign one of Onestep's to \`${name}\` first; or give its class \`static className\` (and \`static library\`, where Python's class is not in diffusers).`,
    summary: `The ${name} of this pipeline cannot be saved so that it loads again: its config names no class of diffusers.`,
  });
}

/**
 * The files of a component.
 *
 * @throws InvalidArgumentError if it cannot list them.
 */
export async function listComponentFiles(
  name: string,
  component: Component,
  options: ModelFilesOptions,
): Promise<readonly UploadFile[]> {
  if (component.listFiles !== undefined) return component.listFiles(options);
  throw new InvalidArgumentError({
    subject: `${name} of the pipeline`,
    found: "a component without `listFiles`",
    expected: "one that lists the files to upload",
    remedy: "Give its class `listFiles`, or save the pipeline with `savePretrained` and upload that folder.",
    summary: `The ${name} of this pipeline cannot be uploaded: its class has no \`listFiles\`.`,
  });
}

const standInMark: unique symbol = Symbol.for("onestep.standIn");

/** Marks a component as the stand-in of a rehearsal, which suppresses warnings: the actual run will issue them. */
export function markStandIn<Object extends object>(component: Object): Object {
  return Object.defineProperty(component, standInMark, { value: true });
}

/** Whether one of the components is a stand-in. */
export function hasStandIn(components: object): boolean {
  return Object.values(components).some(
    (component: unknown) => typeof component === "object" && component !== null && standInMark in component,
  );
}

const schedulerMethods = ["setTimesteps", "scaleModelInput", "clone"] as const;

/**
 * Checks structurally that a value is a scheduler: any object with the right methods passes.
 *
 * @throws InvalidArgumentError if it is not, for instance a class instead of an instance.
 */
export function requireScheduler(scheduler: unknown): asserts scheduler is Scheduler {
  if (hasShape(scheduler, schedulerMethods)) return;
  const isClass = typeof scheduler === "function";
  throw new InvalidArgumentError({
    subject: "scheduler",
    found: describeValue(scheduler),
    expected: "a scheduler: an object with a config, and with setTimesteps, scaleModelInput, step and clone",
    remedy: isClass
      ? "Make one of the class: `pipe.scheduler = DDIMScheduler.fromConfig(pipe.scheduler.config)`."
      : "Pass one of @onestep/schedulers, or an object that implements `Scheduler`.",
  });
}

/** Whether something is a component. */
export function isComponent(value: unknown): value is Component {
  return hasShape(value, ["savePretrained"]);
}

/** Whether something is an object with a config and these methods. */
export function hasShape(value: unknown, methods: readonly string[]): boolean {
  if (typeof value !== "object" || value === null) return false;
  const config: unknown = Reflect.get(value, "config");
  const isConfigured = typeof config === "object" && config !== null;
  return isConfigured && methods.every((name) => typeof Reflect.get(value, name) === "function");
}
