import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer } from "node:net";

/** A server of a test: on 127.0.0.1, with its data in a temporary folder. */
export interface QueueServer {
  /** With user and password where the server has them. */
  readonly url: string;
  /** The process that runs now. */
  readonly pid: number;
  /** Sends a signal, and resolves when the process has ended. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Starts the server again on the same port, with the same data. Kills it first if it runs. */
  restart(): Promise<void>;
  /** Ends the server and removes its data. */
  stop(): Promise<void>;
}

/** What is started, and how it says that it is ready. */
export interface ServerCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly options: SpawnOptions;
  /** In what the server logs. */
  readonly ready: string;
  /** What ends it in an orderly way. */
  readonly stopSignal: NodeJS.Signals;
}

/** Milliseconds that a server has to start or to end. */
const patience = 30_000;

/** Starts a server, and ends it with this process at the latest. What does not start leaves nothing behind. */
export async function startServer(url: string, folder: string, command: ServerCommand): Promise<QueueServer> {
  let child = await removeOnFailure(folder, async () => await launch(command));
  const cleanUp = (): void => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", cleanUp);
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    if (hasEnded(child)) return;
    const ended = once(child, "exit");
    child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), patience);
    await ended;
    clearTimeout(timer);
  };
  return {
    url,
    get pid(): number {
      return child.pid ?? 0;
    },
    kill,
    async restart(): Promise<void> {
      await kill("SIGKILL");
      child = await launchAgain(command);
    },
    async stop(): Promise<void> {
      process.off("exit", cleanUp);
      await kill(command.stopSignal);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Removes the folder if the operation fails. */
export async function removeOnFailure<Result>(
  folder: string,
  operation: () => Promise<Result>,
): Promise<Result> {
  try {
    return await operation();
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** A port of 127.0.0.1 that was free a moment ago. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return address.port;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** A killed PostgreSQL leaves processes that hold its memory for a moment. Until they end, it refuses to start. */
async function launchAgain(command: ServerCommand): Promise<ChildProcess> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await launch(command);
    } catch (error) {
      if (attempt === 20) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

async function launch(command: ServerCommand): Promise<ChildProcess> {
  const child = spawn(command.file, command.args, { ...command.options, stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`${command.file} was not ready in ${patience / 1000} s:\n${log}`));
    }, patience);
    const read = (chunk: Buffer): void => {
      log = (log + chunk.toString()).slice(-20_000);
      if (!log.includes(command.ready)) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      reject(new Error(`${command.file} ended (${code ?? signal}):\n${log}`));
    });
  });
  // What is logged later is not of interest, but a full pipe would block the server.
  child.stdout?.removeAllListeners("data").resume();
  child.stderr?.removeAllListeners("data").resume();
  child.unref();
  return child;
}
