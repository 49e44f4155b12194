import { platform } from "#platform";
import type { OpenRepositoryOptions } from "./repository.ts";
import { resolveEndpoint } from "./settings.ts";

/** Options of {@link whoAmI}. In Node, environment variables (`HF_TOKEN`, `HF_ENDPOINT`, …) are the defaults. */
export type WhoAmIOptions = Pick<
  OpenRepositoryOptions,
  "token" | "endpoint" | "retry" | "fetch" | "environment" | "signal"
>;

/** The account of an access token. */
export interface HubAccount {
  /** The name, under which repositories without an owner are created. */
  readonly name: string;
  /** Organizations it belongs to. */
  readonly organizations: readonly string[];
  /** The Hub that was asked. */
  readonly endpoint: string;
}

/**
 * Asks the Hub whose access token is in use. Node only.
 *
 * @throws MissingTokenError if there is no token; InvalidTokenError if the Hub refuses it.
 * @throws OfflineError if requests are not allowed; ConnectionError, ServerError if the Hub is unreachable or failing.
 * @throws InvalidArgumentError if the endpoint is invalid; UnsupportedError in a browser.
 *
 * @example
 * const { name, organizations } = await whoAmI();
 */
export async function whoAmI(options: WhoAmIOptions = {}): Promise<HubAccount> {
  options.signal?.throwIfAborted();
  const environment = options.environment ?? platform.readEnvironment();
  const endpoint = resolveEndpoint(options.endpoint, environment);
  return platform.whoAmI({ endpoint, environment }, options);
}
