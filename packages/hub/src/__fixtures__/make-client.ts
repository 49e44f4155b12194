import { HubClient } from "../hub-api/client.ts";

/** A client of an endpoint, with or without a token. */
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
