import { compileProject } from "./compile-project.ts";

/**
 * Compiles the packages before the tests that start worker threads, the command line or the examples.
 *
 * Vitest transforms what a test imports, not what a worker thread or another process loads: those run from `dist`. This
 * keeps `dist` as new as the sources, so that no test passes on yesterday's build.
 */
export default async function buildPackages(): Promise<void> {
  await compileProject("packages/onestep");
}
