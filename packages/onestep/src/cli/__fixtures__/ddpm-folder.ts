import { fileURLToPath } from "node:url";

/** A small DDPM without classes, as diffusers saved it: the tests of `@onestep/pipelines` have it. */
export const ddpmFolder: string = fileURLToPath(
  new URL("../../../../pipelines/src/__fixtures__/ddpm", import.meta.url),
);
