/** A file of the built page. */
export interface KeptFile {
  /** Relative to the page's folder. */
  readonly path: string;
  /** Changes when the content changes. */
  readonly revision: string;
  /** Whether it is large: large files are kept only when needed, all others are fetched at once. */
  readonly isLarge: boolean;
}

/** The name of the cache for all of them. */
export const keptFilesCache = "onestep-playground";

/** The cache key of a file. */
export function keyOf({ path, revision }: KeptFile, scope: string): string {
  return new URL(`${path}?revision=${revision}`, scope).href;
}
