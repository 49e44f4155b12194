import { InvalidArgumentError, type Tensor } from "@onestep/core";

/**
 * Checks that tensors are of float32 and of one shape, with at least one dimension (the batch).
 *
 * @param subject - The method, for the message.
 * @param samples - The tensors, by the names of their parameters.
 * @throws InvalidArgumentError where one is something else, or they differ in shape.
 */
export function requireSamples(subject: string, samples: Readonly<Record<string, Tensor<"float32">>>): void {
  const descriptions = new Set<string>();
  for (const [name, sample] of Object.entries(samples)) {
    descriptions.add(describeValue(sample));
    if (isFloat32Sample(sample)) continue;
    throw new InvalidArgumentError({
      subject: `${subject}: ${name}`,
      found: describeValue(sample),
      expected: "a float32 tensor with the batch in its first dimension",
      remedy: "Convert it with `Tensor.from(values, shape)`.",
    });
  }
  if (descriptions.size <= 1) return;
  throw new InvalidArgumentError({
    subject,
    found: Object.entries(samples)
      .map(([name, sample]) => `${name} ${describeValue(sample)}`)
      .join(" and "),
    expected: "tensors of one shape",
    remedy: "Pass tensors that belong to the same batch.",
  });
}

function isFloat32Sample(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { dtype, shape, data } = value as Partial<Tensor>;
  return dtype === "float32" && Array.isArray(shape) && shape.length > 0 && ArrayBuffer.isView(data);
}

function describeValue(value: unknown): string {
  const { dtype, shape } = (value ?? {}) as Partial<Tensor>;
  if (dtype === undefined || !Array.isArray(shape)) return value === null ? "null" : typeof value;
  return `${dtype} [${shape.join(", ")}]`;
}
