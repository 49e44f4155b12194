import { InvalidArgumentError } from "@onestep/core";
import { type Component, isComponent, listComponents } from "./component.ts";
import type { ComponentRegistry } from "./component-registry.ts";

/** A component a pipeline declares. */
export interface ComponentSlot {
  /** Whether the pipeline works without it; if absent, it is null. */
  readonly isOptional?: boolean | undefined;
  /**
   * For an optional component: it is loaded only if `fromPretrained` is given `true` for it, and is not saved. Without
   * that, a repository that names it gives this warning.
   */
  readonly onRequest?:
    | {
        readonly warning: string;
        /** Other entries of an index that only serve it. */
        readonly companions: readonly string[];
      }
    | undefined;
  /** The allowed classes; by default any in {@link componentRegistry}. */
  readonly classes?: ComponentRegistry | undefined;
  /** How to handle a different class in a repository. */
  readonly remedy?: string | undefined;
  /**
   * Checks that an object implements what the pipeline calls; by default any passes.
   *
   * @throws InvalidArgumentError if it does not.
   */
  check?(component: unknown): void;
}

/**
 * The components of a pipeline by name, in camelCase (`textEncoder` for `text_encoder/`). They are loaded in this order:
 * small ones first, so that their errors surface before weights are fetched.
 */
export type ComponentSlots = Readonly<Record<string, ComponentSlot>>;

/** The components that are saved with a pipeline. */
export function listSavedComponents(
  components: object,
  slots: ComponentSlots,
): readonly (readonly [name: string, component: Component])[] {
  return listComponents(components).filter(([name]) => slots[name]?.onRequest === undefined);
}

/**
 * Picks a pipeline's declared components from its constructor argument.
 *
 * @param pipeline - The class of the pipeline, for messages.
 * @throws InvalidArgumentError if a required component is missing, lacks a method the pipeline calls, or is not declared
 * by the pipeline.
 */
export function takeComponents<Components extends object>(
  components: Components,
  slots: ComponentSlots,
  pipeline: string,
): Components {
  for (const [name, slot] of Object.entries(slots)) {
    const component: unknown = Reflect.get(components, name) ?? null;
    if (component !== null) slot.check?.(component);
    else if (!slot.isOptional) throw missingComponent(name, slots, pipeline);
  }
  const declared = Object.entries(components).filter(([name, component]) => {
    if (!Object.hasOwn(slots, name) && isComponent(component)) throw undeclaredComponent(name, pipeline);
    return Object.hasOwn(slots, name);
  });
  return Object.fromEntries(declared) as unknown as Components;
}

/**
 * Picks a pipeline's declared components from those of another pipeline.
 *
 * @throws InvalidArgumentError if a required component is missing.
 */
export function shareComponents(
  components: object,
  slots: ComponentSlots,
  pipeline: string,
  other: string,
): object {
  const shared = Object.entries(slots).map(([name, { isOptional }]) => {
    const component: unknown = Reflect.get(components, name) ?? null;
    if (component !== null || isOptional) return [name, component] as const;
    const names = listComponents(components).map(([present]) => present);
    throw missingComponent(name, slots, pipeline, `${names.join(", ")} of a ${other}`);
  });
  return Object.fromEntries(shared);
}

function missingComponent(
  missing: string,
  slots: ComponentSlots,
  pipeline: string,
  others?: string,
): InvalidArgumentError {
  return new InvalidArgumentError({
    subject: `${missing} of ${pipeline}`,
    found: others === undefined ? "none" : `none among ${others}`,
    expected: `a component ${missing}: ${pipeline} is made of ${Object.keys(slots).join(", ")}`,
    remedy:
      others === undefined
        ? `Pass it: \`new ${pipeline}({ …, ${missing} })\`.`
        : `Pass it: \`${pipeline}.fromPipe(pipe, { ${missing} })\`.`,
  });
}

function undeclaredComponent(name: string, pipeline: string): InvalidArgumentError {
  return new InvalidArgumentError({
    subject: `${name} of ${pipeline}`,
    found: "a component that the class does not declare",
    expected: `\`${name}\` in \`static components\``,
    remedy: `Add it there: \`static components = { …, ${name}: {} }\`; or leave it out.`,
  });
}
