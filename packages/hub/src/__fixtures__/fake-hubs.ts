import { type FakeHub, type FakeHubOptions, startFakeHub } from "@onestep/fake-hub";
import { afterEach } from "vitest";

/** A starter of fake Hubs, which are stopped after each test. Call it at the top of a test file. */
export function fakeHubs(): (options: FakeHubOptions) => Promise<FakeHub> {
  const hubs: FakeHub[] = [];
  afterEach(async () => {
    await Promise.all(hubs.splice(0).map((hub) => hub.close()));
  });
  return async (options) => {
    const hub = await startFakeHub(options);
    hubs.push(hub);
    return hub;
  };
}

/** The requests that a fake Hub received, without what follows `?`. */
export function requestLines(hub: FakeHub): string[] {
  return hub.requests.map(({ host, method, path }) => `${host} ${method} ${path.split("?")[0]}`);
}
