/** Exit codes of the CLI, for scripts. Stable across versions. */
export const exitCodes = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  invalidInput: 3,
  notFound: 4,
  network: 5,
  checkpoint: 6,
  notWritten: 7,
  interrupted: 130,
  terminated: 143,
} as const;

/** One of {@link exitCodes}. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Every exit code and when it is used, for the help text. */
export const exitCodeMeanings: readonly (readonly [ExitCode, string])[] = [
  [exitCodes.ok, "done"],
  [exitCodes.unexpected, "anything else: a bug, not enough memory, a missing runtime"],
  [exitCodes.usage, "wrong usage: an unknown command or option, a missing or non-numeric value"],
  [
    exitCodes.invalidInput,
    "invalid input: a label out of range, an unknown device, timesteps that the scheduler refuses",
  ],
  [exitCodes.notFound, "the model was not found, or the token does not allow it: private, gated, read-only"],
  [exitCodes.network, "the Hub did not answer as it should, or the model is not in the cache while offline"],
  [exitCodes.checkpoint, "the model is damaged, or needs something that is not supported here"],
  [exitCodes.notWritten, "a file or the cache could not be written"],
  [exitCodes.interrupted, "stopped by Ctrl-C (SIGINT)"],
  [exitCodes.terminated, "stopped by SIGTERM"],
];
