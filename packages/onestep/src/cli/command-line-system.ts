import type { Environment } from "@onestep/hub";
import type { OutputStream } from "./output/output-stream.ts";

/** What the command line needs of the process that it runs in. */
export interface CommandLineSystem {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly environment: Environment;
  /** Asks a person a question on the terminal; `undefined` where there is no terminal to ask on. */
  readonly ask: ((question: string, signal: AbortSignal) => Promise<string>) | undefined;
}
