import {
  FileWriteError,
  ImageError,
  InvalidArgumentError,
  InvalidConfigError,
  OnestepError,
  UnsupportedError,
} from "@onestep/core";
import { GraphError } from "@onestep/graph";
import {
  CacheWriteError,
  EntryNotFoundError,
  FileReadError,
  GatedRepositoryError,
  HubError,
  IntegrityError,
  InvalidTokenError,
  MissingTokenError,
  PermissionDeniedError,
  RepositoryNotFoundError,
  RevisionNotFoundError,
  UnsafePathError,
} from "@onestep/hub";
import { CheckpointError, WeightsMismatchError } from "@onestep/models";
import { InvalidGraphError, WeightsFileError } from "@onestep/runtime";
import { SchedulerConfigNotFoundError } from "@onestep/schedulers";
import { StorageError } from "@onestep/server";
import { type ExitCode, exitCodes } from "../exit-codes.ts";

interface ErrorClass {
  isInstance(value: unknown): boolean;
}

/** From specific to general: the first matching class wins. */
const exitCodeByClass: readonly (readonly [ErrorClass, ExitCode])[] = [
  [InvalidArgumentError, exitCodes.invalidInput],
  [UnsafePathError, exitCodes.invalidInput],
  [ImageError, exitCodes.invalidInput],
  [RepositoryNotFoundError, exitCodes.notFound],
  [RevisionNotFoundError, exitCodes.notFound],
  [EntryNotFoundError, exitCodes.notFound],
  [GatedRepositoryError, exitCodes.notFound],
  [InvalidTokenError, exitCodes.notFound],
  [MissingTokenError, exitCodes.notFound],
  [PermissionDeniedError, exitCodes.notFound],
  [SchedulerConfigNotFoundError, exitCodes.notFound],
  [CacheWriteError, exitCodes.notWritten],
  [FileWriteError, exitCodes.notWritten],
  [StorageError, exitCodes.notWritten],
  [IntegrityError, exitCodes.checkpoint],
  [FileReadError, exitCodes.checkpoint],
  [HubError, exitCodes.network],
  [InvalidConfigError, exitCodes.checkpoint],
  [UnsupportedError, exitCodes.checkpoint],
  [CheckpointError, exitCodes.checkpoint],
  [WeightsMismatchError, exitCodes.checkpoint],
  [GraphError, exitCodes.checkpoint],
  [InvalidGraphError, exitCodes.checkpoint],
  [WeightsFileError, exitCodes.checkpoint],
];

/** Errors of the server, whose package is loaded by its commands alone. */
const exitCodeByCode: Readonly<Record<string, ExitCode>> = {
  storage: exitCodes.notWritten,
  "storage-in-use": exitCodes.notWritten,
  "queue-unavailable": exitCodes.network,
};

/** The exit code for an error thrown by a package. */
export function exitCodeOfError(error: unknown): ExitCode {
  const found = exitCodeByClass.find(([errorClass]) => errorClass.isInstance(error))?.[1];
  if (found !== undefined || !OnestepError.isInstance(error)) return found ?? exitCodes.unexpected;
  // A model that cannot be served has the reason as its cause.
  if (error.code === "serve-model" && error.cause !== undefined) return exitCodeOfError(error.cause);
  return exitCodeByCode[error.code] ?? exitCodes.unexpected;
}
