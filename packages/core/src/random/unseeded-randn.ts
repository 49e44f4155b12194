import { elementCount } from "../tensor/element-count.ts";
import { Tensor } from "../tensor/tensor.ts";
import { allocateData } from "../tensor/tensor-data.ts";

/**
 * Normal numbers of float32, mean 0, variance 1, that are different each time: Box and Muller 1958, from `Math.random`.
 * A generator with a seed is far more code, which a program that never seeds one does without.
 *
 * @throws InvalidArgumentError where the shape is not one.
 */
export function unseededRandn(shape: readonly number[]): Tensor<"float32"> {
  const values = allocateData("float32", elementCount(shape));
  for (let index = 0; index < values.length; index += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - Math.random()));
    const angle = 2 * Math.PI * Math.random();
    values[index] = radius * Math.cos(angle);
    // Past the end, where their number is odd, nothing is written.
    values[index + 1] = radius * Math.sin(angle);
  }
  return new Tensor("float32", values, shape);
}
