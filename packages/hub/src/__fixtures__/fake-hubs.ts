import { type FakeHub, type FakeHubOptions, startFakeHub } from "@onestep/fake-hub";
import { afterEach } from "vitest";
import { HubClient } from "../hub-api/client.ts";

/** Returns a function that starts fake Hubs and stops them after each test. Call it at the top of a test file. */
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

/** The requests that a fake Hub received, without query strings. */
export function requestLines(hub: FakeHub): string[] {
  return hub.requests.map(({ host, method, path }) => `${host} ${method} ${path.split("?")[0]}`);
}

/** A client for an endpoint, with or without a token. */
export function makeClient(endpoint: string, token?: string): HubClient {
  return new HubClient({
    endpoint: new URL(endpoint),
    token,
    fetch,
    redirects: "here",
    metadataTimeout: { seconds: 10, variable: "HF_HUB_ETAG_TIMEOUT" },
    retry: { maxRetries: 2, baseWaitTime: 0.001, maxWaitTime: 0.001 },
    downloadTimeout: { seconds: 10, variable: "HF_HUB_DOWNLOAD_TIMEOUT" },
  });
}
