import { InvalidArgumentError } from "@onestep/core";

const segment = /^[A-Za-z0-9_-](?:[A-Za-z0-9._-]{0,198}[A-Za-z0-9_-])?$/;

/** Whether `key` is a path of at most 512 characters whose segments neither start nor end with a `.`. */
export function isStorageKey(key: string): boolean {
  return key.length <= 512 && key.split("/").every((part) => segment.test(part));
}

/** @throws InvalidArgumentError unless `key` is a valid key. */
export function checkStorageKey(key: string): void {
  if (isStorageKey(key)) return;
  throw new InvalidArgumentError({
    subject: "a key of the storage",
    found: JSON.stringify(key.slice(0, 100)),
    expected: "a path of letters, digits, `.`, `_` and `-`, of at most 512 characters, without hidden names",
    remedy: "Keep names from outside as data, not in keys.",
  });
}

/** @throws InvalidArgumentError unless `prefix` is a valid key and a `/`. */
export function checkStoragePrefix(prefix: string): void {
  if (prefix.endsWith("/") && isStorageKey(prefix.slice(0, -1))) return;
  throw new InvalidArgumentError({
    subject: "a prefix of keys of the storage",
    found: JSON.stringify(prefix.slice(0, 100)),
    expected: "a valid key and a `/`",
    remedy: "End it with a slash.",
  });
}

/** @throws InvalidArgumentError unless `seconds` is a number of at least 0. */
export function checkAge(seconds: number): void {
  if (Number.isFinite(seconds) && seconds >= 0) return;
  throw new InvalidArgumentError({
    subject: "olderThanSeconds",
    found: String(seconds),
    expected: "a number of at least 0",
    remedy: "Pass an age in seconds.",
  });
}
