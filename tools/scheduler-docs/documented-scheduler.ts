/** A value with a name: a field of an options object, a property, a parameter. */
export interface DocumentedValue {
  readonly name: string;
  /** Its type, as it is written in TypeScript. */
  readonly type: string;
  readonly isOptional: boolean;
  readonly text: string;
}

/** A method, with what its comment says. */
export interface DocumentedMethod {
  readonly name: string;
  readonly isStatic: boolean;
  readonly parameters: readonly DocumentedValue[];
  readonly returns: string;
  readonly text: string;
  readonly throws: readonly string[];
}

/** An interface that belongs to a scheduler. */
export interface DocumentedInterface {
  readonly name: string;
  readonly text: string;
  readonly fields: readonly DocumentedValue[];
}

/** What the sources say about a scheduler. */
export interface DocumentedScheduler {
  readonly className: string;
  readonly text: string;
  readonly config: DocumentedInterface;
  /** What `step` returns, what `setTimesteps` and `step` take, and whatever else is named after the scheduler. */
  readonly interfaces: readonly DocumentedInterface[];
  readonly properties: readonly DocumentedValue[];
  readonly methods: readonly DocumentedMethod[];
}
