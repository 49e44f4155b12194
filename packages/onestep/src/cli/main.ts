#!/usr/bin/env node
import { reportBrokenOutput } from "./failure/broken-output.ts";
import { listenForInterrupts } from "./interrupt.ts";
import { runCommandLine } from "./run-command-line.ts";
import { askOnTerminal, openOutputStream } from "./system.ts";

const { argv, env, stdin, stderr } = process;
const { signal, dispose } = listenForInterrupts(process);
const stdout = openOutputStream(process.stdout);
const system = {
  stdout,
  stderr: openOutputStream(stderr),
  stdin,
  environment: env,
  ask: stdin.isTTY && stderr.isTTY ? askOnTerminal : undefined,
};
const exitCode = await runCommandLine(argv.slice(2), system, signal);
process.exitCode = (await reportBrokenOutput(stdout, system)) ?? exitCode;
dispose();
