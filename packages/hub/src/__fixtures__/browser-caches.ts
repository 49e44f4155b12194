import { afterEach, vi } from "vitest";

/** Makes a cache name for the option `cacheDir` in a browser; the cache is deleted after the test. */
export function browserCaches(): () => string {
  const names: string[] = [];
  afterEach(async () => {
    vi.restoreAllMocks();
    const root = await navigator.storage.getDirectory();
    for (const name of names.splice(0)) await root.removeEntry(name, { recursive: true }).catch(() => {});
  });
  return () => {
    const name = `test-${crypto.randomUUID()}`;
    names.push(name);
    return name;
  };
}
