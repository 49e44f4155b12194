import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A version of a package, as `npm publish` describes it. */
interface PublishedVersion {
  readonly dist: { readonly integrity: string; readonly shasum: string; readonly tarball: string };
  readonly [field: string]: unknown;
}

/** What `npm publish` sends. */
interface Publication {
  readonly name: string;
  readonly versions: Readonly<Record<string, PublishedVersion>>;
  readonly "dist-tags": Readonly<Record<string, string>>;
  readonly _attachments: Readonly<Record<string, { readonly data: string }>>;
}

/** What the registry answers when it is asked for a package. */
interface Packument {
  readonly name: string;
  readonly versions: Record<string, PublishedVersion>;
  readonly "dist-tags": Record<string, string>;
}

interface Answer {
  readonly status: number;
  readonly location?: string;
  readonly body: string | Buffer;
}

/** A package registry on this machine. */
export interface LoopbackRegistry {
  /** Its address, with a closing slash. */
  readonly url: string;
  /** `name@version` of everything published here, in order. */
  readonly published: readonly string[];
  close(): Promise<void>;
}

/** Options of {@link startLoopbackRegistry}. */
export interface LoopbackRegistryOptions {
  /** The names that may be published here. Requests to publish others are rejected. */
  readonly names: readonly string[];
  /** The registry to which clients are redirected for all other packages; without it, those are not found. */
  readonly upstream?: string | undefined;
}

/**
 * Starts a registry that keeps in memory what is published to it.
 *
 * It speaks as much of the protocol as `npm publish` and `npm install` need: a packument, a tarball, a publication.
 */
export async function startLoopbackRegistry(options: LoopbackRegistryOptions): Promise<LoopbackRegistry> {
  const packuments = new Map<string, Packument>();
  const tarballs = new Map<string, Buffer>();
  const published: string[] = [];

  const publish = ({ name, versions, "dist-tags": tags, _attachments }: Publication): Answer => {
    if (!options.names.includes(name)) return refusal(403, `${name} is not published here`);
    const packument = packuments.get(name) ?? { name, versions: {}, "dist-tags": {} };
    const [attachment] = Object.values(_attachments);
    for (const [version, manifest] of Object.entries(versions)) {
      if (attachment === undefined) return refusal(400, `${name}@${version} comes without its tarball`);
      if (version in packument.versions) return refusal(409, `${name}@${version} is published already`);
      const path = `/-/${name}/${version}.tgz`;
      tarballs.set(path, Buffer.from(attachment.data, "base64"));
      packument.versions[version] = {
        ...manifest,
        dist: { ...manifest.dist, tarball: new URL(path, url).href },
      };
      published.push(`${name}@${version}`);
    }
    Object.assign(packument["dist-tags"], tags);
    packuments.set(name, packument);
    return { status: 201, body: JSON.stringify({ ok: true }) };
  };

  const find = (address: string): Answer => {
    const path = decodeURIComponent(address.replace(/\?.*$/, ""));
    const tarball = tarballs.get(path);
    if (tarball) return { status: 200, body: tarball };
    const packument = packuments.get(path.slice(1));
    if (packument) return { status: 200, body: JSON.stringify(packument) };
    if (options.upstream === undefined || options.names.includes(path.slice(1))) {
      return refusal(404, "not found");
    }
    return { status: 307, location: new URL(address.slice(1), options.upstream).href, body: "" };
  };

  const answer = async (request: IncomingMessage): Promise<Answer> =>
    request.method === "PUT" ? publish(JSON.parse(await text(request))) : find(request.url ?? "/");

  const server = createServer((request, response) => {
    answer(request)
      .catch((error: unknown) => refusal(500, String(error)))
      .then(({ status, location, body }) => {
        response.writeHead(status, location === undefined ? {} : { location }).end(body);
      });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    url,
    published,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function refusal(status: number, error: string): Answer {
  return { status, body: JSON.stringify({ error }) };
}
