/** A file of the built page. */
export interface KeptFile {
  /** Relative to the page's folder. */
  readonly path: string;
  /** Another one where the content is another. */
  readonly revision: string;
  /** Whether it is fetched at once, or kept only when somebody needs it: the large ones. */
  readonly isLarge: boolean;
}

/** The cache that all of them are in. */
export const keptFilesCache = "onestep-playground";

/** The key of a file in the cache. */
export function keyOf({ path, revision }: KeptFile, scope: string): string {
  return new URL(`${path}?revision=${revision}`, scope).href;
}
