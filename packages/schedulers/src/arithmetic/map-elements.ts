import { Tensor } from "@onestep/core";

/** A function of each element, rounded to float32 once. */
export function mapElements(
  tensor: Tensor<"float32">,
  operation: (value: number) => number,
): Tensor<"float32"> {
  return new Tensor("float32", tensor.data.map(operation), tensor.shape);
}
