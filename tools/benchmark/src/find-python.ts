import { runProcess } from "./run-process.ts";

/** A Python installation with the packages that the comparison needs, and their versions. */
export interface PythonInstallation {
  readonly program: string;
  readonly python: string;
  readonly torch: string;
  readonly diffusers: string;
}

const question = [
  "import json, platform, torch, diffusers",
  "from diffusers import ConsistencyModelPipeline",
  "print(json.dumps({'python': platform.python_version(), 'torch': torch.__version__, 'diffusers': diffusers.__version__}))",
].join("\n");

/**
 * Looks for PyTorch and diffusers.
 *
 * @param program The Python that the user named; where undefined, `python3` is tried.
 * @returns Undefined if `python3` lacks them.
 * @throws Error if the Python named by the user lacks them.
 */
export async function findPython(program: string | undefined): Promise<PythonInstallation | undefined> {
  try {
    const { output } = await runProcess({ program: program ?? "python3", args: ["-c", question] });
    return { program: program ?? "python3", ...JSON.parse(output) };
  } catch (error) {
    if (program === undefined) return undefined;
    throw new Error(`${program} does not import torch and diffusers. PYTHONPATH is passed on to it.`, {
      cause: error,
    });
  }
}
