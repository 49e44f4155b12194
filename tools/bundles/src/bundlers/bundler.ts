import { fileURLToPath } from "node:url";

/** A bundler, set up as its users do for an application that uses `onestep`. */
export interface Bundler {
  readonly name: string;
  /**
   * Builds the application for production.
   *
   * @param folder - Where it goes; empty, or made.
   */
  build(folder: string): Promise<void>;
}

/** The application: `index.html` and `main.js`. It uses the packages as they are published, from their `dist`. */
export const appFolder: string = fileURLToPath(new URL("../../app/", import.meta.url));
