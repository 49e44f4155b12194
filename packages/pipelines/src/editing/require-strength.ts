import { describeValue, InvalidArgumentError } from "@onestep/core";

/** How much is left to the model where nobody says; see `ConsistencyModelImg2ImgOptions.strength`. */
export const defaultStrength = 0.6;

/** @throws InvalidArgumentError where it is not above 0, up to 1. */
export function requireStrength(strength: number = defaultStrength): number {
  if (strength > 0 && strength <= 1) return strength;
  throw new InvalidArgumentError({
    subject: "strength",
    found: describeValue(strength),
    expected: "a number above 0, up to 1",
    remedy: "Use a small one to stay close to the image, 1 to leave it behind.",
  });
}
