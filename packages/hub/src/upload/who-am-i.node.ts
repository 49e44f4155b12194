import { isRecord } from "@onestep/core/internal";
import { MissingTokenError, OfflineError } from "../errors.ts";
import { describeUrl } from "../http/connection-failure.ts";
import { resolveRetryPolicy } from "../http/retry.ts";
import { page } from "../hub-api/failure.ts";
import { resolveToken } from "../node/settings.ts";
import type { HubRequest } from "../platform.ts";
import { isOffline, metadataTimeout } from "../settings.ts";
import type { HubAccount, WhoAmIOptions } from "../who-am-i.ts";
import { UploadClient } from "./upload-client.node.ts";

/** Asks the Hub whose access token is in use. The arguments have been checked. */
export async function askWhoAmI(
  { endpoint, environment }: Pick<HubRequest, "endpoint" | "environment">,
  options: WhoAmIOptions,
): Promise<HubAccount> {
  const subject = `account at ${describeUrl(endpoint)}`;
  if (isOffline(false, environment)) {
    throw new OfflineError({
      subject,
      found: "HF_HUB_OFFLINE, or TRANSFORMERS_OFFLINE",
      expected: "to be allowed to make requests",
      remedy: "Unset it, and ask again.",
    });
  }
  const token = await resolveToken(options.token, environment);
  if (token === undefined) {
    throw new MissingTokenError({
      subject,
      found: "no access token",
      expected: "a token",
      remedy: `Make one at ${page(endpoint, "settings/tokens")} and pass it (option token, or HF_TOKEN), or run hf auth login.`,
    });
  }
  const client = new UploadClient({
    fetch: options.fetch ?? fetch,
    token,
    timeout: metadataTimeout(environment),
    retry: resolveRetryPolicy(options.retry),
    target: { id: "the account of the token", revision: "main", endpoint, hasToken: true },
  });
  const account: unknown = await client.call((hub, parameters) => hub.whoAmI(parameters), options.signal);
  const { name, orgs } = isRecord(account) ? account : {};
  if (typeof name !== "string") throw client.unexpected("an account without a name");
  return { name, organizations: namesOf(orgs), endpoint: describeUrl(endpoint).replace(/\/+$/, "") };
}

function namesOf(organizations: unknown): readonly string[] {
  const entries: readonly unknown[] = Array.isArray(organizations) ? organizations : [];
  return entries.flatMap((entry) => {
    const name = isRecord(entry) ? entry["name"] : undefined;
    return typeof name === "string" ? [name] : [];
  });
}
