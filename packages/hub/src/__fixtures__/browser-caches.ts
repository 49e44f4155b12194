import { afterEach, vi } from "vitest";

/** Makes a name for a cache of a browser, for the option `cacheDir`; it is deleted when the test has ended. */
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
