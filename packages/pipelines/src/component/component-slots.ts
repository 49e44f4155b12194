import { InvalidArgumentError } from "@onestep/core";
import { isComponent, listComponents } from "./component.ts";
import type { ComponentRegistry } from "./component-registry.ts";

/** A component that a pipeline declares. */
export interface ComponentSlot {
  /** Whether the pipeline works without it; it is null then. */
  readonly isOptional?: boolean | undefined;
  /** The classes that it may be of. Without it, any of {@link componentRegistry}. */
  readonly classes?: ComponentRegistry | undefined;
  /** What to do where a repository has one of another class. */
  readonly remedy?: string | undefined;
  /**
   * Checks that an object does what the pipeline calls of it; any does by default.
   *
   * @throws InvalidArgumentError where it does not.
   */
  check?(component: unknown): void;
}

/**
 * The components of a pipeline by name, in camelCase (`textEncoder` for `text_encoder/`). They are loaded in this order:
 * small ones first, so that what is wrong with them is found before weights are fetched.
 */
export type ComponentSlots = Readonly<Record<string, ComponentSlot>>;

/**
 * The components that a pipeline declares, of those that its constructor is given.
 *
 * @param pipeline - The class of the pipeline, for messages.
 * @throws InvalidArgumentError where one that is needed is missing, one does not do what the pipeline calls of it, or the
 * pipeline does not declare one.
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
 * The components that a pipeline declares, of those of another pipeline.
 *
 * @throws InvalidArgumentError where one that is needed is missing.
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
