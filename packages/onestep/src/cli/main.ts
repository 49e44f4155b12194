#!/usr/bin/env node
import { listenForInterrupts } from "./interrupt.ts";
import { runCommandLine } from "./run-command-line.ts";
import { askOnTerminal, openOutputStream } from "./system.ts";

const { env, stdin, stdout, stderr } = process;
const { signal, dispose } = listenForInterrupts(process);
const system = {
  stdout: openOutputStream(stdout),
  stderr: openOutputStream(stderr),
  environment: env,
  ask: stdin.isTTY && stderr.isTTY ? askOnTerminal : undefined,
};
process.exitCode = await runCommandLine(process.argv.slice(2), system, signal);
dispose();
