import { readSize } from "./read-size.ts";

/** Where in the file the part begins that `Content-Range` describes; `undefined` where it does not say. */
export function readRangeStart(headers: Headers): number | undefined {
  return readSize(/^bytes (\d+)-/.exec(headers.get("Content-Range") ?? "")?.[1] ?? null);
}

/** The length of the whole file that `Content-Range` tells; `undefined` where it does not say. */
export function readTotalSize(headers: Headers): number | undefined {
  return readSize(/\/(\d+)$/.exec(headers.get("Content-Range") ?? "")?.[1] ?? null);
}
