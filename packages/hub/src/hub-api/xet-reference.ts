import { joinEndpoint } from "../environment/endpoint.ts";
import { readLink } from "../http/link-header.ts";
import { readSize } from "../http/read-size.ts";

/** Where a file's chunks are to be found in Xet storage. */
export interface XetReference {
  /** 64 hexadecimal digits. */
  readonly hash: string;
  /** Length of the file in bytes. */
  readonly size: number;
  /** Where a token for the storage is to be had. Below the endpoint. */
  readonly refreshUrl: URL;
  /** Where it is told which chunks make up the file. */
  readonly reconstructionUrl: URL;
}

const hub = "https://huggingface.co/";

/**
 * Reads the headers by which the Hub offers a file's chunks; `undefined` where it does not, or where the token for the
 * storage would have to be fetched from another host.
 */
export function readXetReference(headers: Headers, endpoint: URL): XetReference | undefined {
  const hash = headers.get("X-Xet-Hash");
  const links = headers.get("Link");
  const refresh = readLink(links, "xet-auth");
  const reconstruction = readLink(links, "xet-reconstruction-info");
  const size = readSize(headers.get("X-Linked-Size"));
  if (size === undefined || hash === null || !/^[0-9a-f]{64}$/i.test(hash)) return undefined;
  if (refresh === undefined || reconstruction === undefined || !URL.canParse(reconstruction))
    return undefined;
  const refreshUrl = refresh.startsWith(hub)
    ? joinEndpoint(endpoint, `/${refresh.slice(hub.length)}`)
    : URL.canParse(refresh)
      ? new URL(refresh)
      : undefined;
  if (refreshUrl?.origin !== endpoint.origin) return undefined;
  return { hash, size, refreshUrl, reconstructionUrl: new URL(reconstruction) };
}
