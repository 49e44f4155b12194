import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** The playground as it is deployed. */
export interface BuiltPlayground {
  readonly folder: string;
  remove(): Promise<void>;
}

/** Builds the playground from the compiled packages, or its page of a service, into a temporary folder. */
export async function buildPlayground(
  mode: "production" | "service" = "production",
): Promise<BuiltPlayground> {
  const folder = await mkdtemp(join(tmpdir(), "onestep-playground-"));
  const vite = join(dirname(createRequire(import.meta.url).resolve("vite/package.json")), "bin/vite.js");
  const words = [vite, "build", "--mode", mode, "--outDir", folder, "--emptyOutDir", "--logLevel", "error"];
  await promisify(execFile)(process.execPath, words, {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    env: { ...process.env, NODE_ENV: "production" },
  });
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
