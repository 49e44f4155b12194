import { fileURLToPath } from "node:url";
import { InvalidArgumentError } from "@onestep/core";
import { FolderStorage } from "./folder-storage.node.ts";
import { S3Storage } from "./s3-storage.ts";
import type { ImageStorage } from "./storage.ts";

/** The environment variables that {@link openStorage} reads. */
export type StorageEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * Opens the storage at a location: the path of a folder, a `file:` URL, or
 * `s3://bucket/prefix?endpoint=https://s3.example.com&region=eu-central-1`. A bucket is opened with the access key in
 * AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.
 *
 * @example
 * const storage = await openStorage("s3://images/emoji?endpoint=https://s3.example.com&region=eu-central-1");
 *
 * @throws InvalidArgumentError if the location is not one of these, or no access key is set.
 * @throws StorageError if the storage cannot be read and written.
 */
export async function openStorage(
  location: string,
  environment: StorageEnvironment = process.env,
): Promise<ImageStorage> {
  if (location.startsWith("s3://")) return await openBucket(location, environment);
  if (location.startsWith("file:")) return await FolderStorage.open(readFileUrl(location));
  if (location === "" || /^[a-z][a-z0-9+.-]+:/i.test(location)) throw invalid(location, "");
  return await FolderStorage.open(location);
}

async function openBucket(location: string, environment: StorageEnvironment): Promise<ImageStorage> {
  const url = parseUrl(location);
  const unknown = [...url.searchParams.keys()].find((name) => name !== "endpoint" && name !== "region");
  if (unknown !== undefined)
    throw invalid(hidePassword(url), `It knows endpoint and region, not ${unknown}.`);
  if (url.username !== "" || url.password !== "") {
    throw invalid(hidePassword(url), "Pass the access key in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.");
  }
  const bucket = url.hostname;
  if (!/^[a-z0-9][a-z0-9._-]{1,62}$/.test(bucket)) throw invalid(location, "Name a bucket.");
  const endpoint = url.searchParams.get("endpoint") ?? undefined;
  const region = url.searchParams.get("region") ?? undefined;
  if (endpoint !== undefined && !/^https?:$/.test(parseUrl(endpoint).protocol)) throw invalid(endpoint, "");
  if (region !== undefined && !/^[a-z0-9-]{1,40}$/.test(region)) throw invalid(location, "Check the region.");
  const prefix = decodeURIComponent(url.pathname).replace(/^\/+|\/+$/g, "");
  return await S3Storage.open({
    bucket,
    prefix,
    endpoint,
    region,
    credentials: readCredentials(environment),
  });
}

function readCredentials(environment: StorageEnvironment): {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
} {
  const accessKeyId = environment["AWS_ACCESS_KEY_ID"] ?? "";
  const secretAccessKey = environment["AWS_SECRET_ACCESS_KEY"] ?? "";
  if (accessKeyId !== "" && secretAccessKey !== "") {
    return { accessKeyId, secretAccessKey, sessionToken: environment["AWS_SESSION_TOKEN"] || undefined };
  }
  throw new InvalidArgumentError({
    subject: "the access key of the bucket",
    found: "none",
    expected: "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    remedy: "Set these environment variables.",
    summary: "The bucket needs an access key: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set.",
  });
}

function readFileUrl(location: string): string {
  try {
    // `file:x` would be a path from the root.
    if (!/^file:\/\//i.test(location)) throw new Error(location);
    return fileURLToPath(location);
  } catch {
    throw invalid(location, "A file URL needs an absolute path and no host.");
  }
}

function parseUrl(location: string): URL {
  try {
    return new URL(location);
  } catch {
    throw invalid(location, "");
  }
}

function hidePassword(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

function invalid(location: string, remedy: string): InvalidArgumentError {
  return new InvalidArgumentError({
    subject: "the location of a storage",
    found: JSON.stringify(location.slice(0, 200)),
    expected: "a folder, a file URL or s3://bucket/prefix?endpoint=…&region=…",
    remedy: remedy === "" ? "Name a folder or a bucket." : remedy,
  });
}
