import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isCommit, isSha256, parseObjectId } from "./object-id.ts";

const sha1 = "9e26dfeeb6e641a33dae4961196235bdb965b21b";
const sha256 = "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9";

describe("parseObjectId", () => {
  it.each([
    [sha1, sha1],
    [`"${sha1}"`, sha1],
    [`W/"${sha256}"`, sha256],
    [` "${sha256}" `, sha256],
    [sha1.toUpperCase(), sha1],
    [`"${sha1}-gzip"`, sha1],
    [`W/"${sha256}--gzip"`, sha256],
    [`"${sha1};br"`, sha1],
  ])("reads %j", (etag, id) => {
    expect(parseObjectId(etag)).toBe(id);
  });

  it.each([
    null,
    undefined,
    "",
    '""',
    "abc",
    `${sha1}0`,
    `../${sha1}`,
    `${sha1}-4`,
    "99914b932bd37a50b983c5e7c90ae93b",
    `${sha1.slice(1)}/`,
    '"5d41402abc4b2a76-3"',
  ])("refuses %j", (etag) => {
    expect(parseObjectId(etag)).toBeUndefined();
  });

  it("gives nothing that could not be the name of a file", () => {
    fc.assert(
      fc.property(fc.string(), (etag) => {
        const id = parseObjectId(etag);
        return id === undefined || /^[0-9a-f]+$/.test(id);
      }),
    );
  });
});

it("commits are 40 digits in lower case, SHA-256 are 64", () => {
  expect(isCommit(sha1)).toBe(true);
  expect(isCommit(sha1.toUpperCase())).toBe(false);
  expect(isCommit(sha1.slice(1))).toBe(false);
  expect(isCommit(`${sha1}\n`)).toBe(false);
  expect(isSha256(sha256)).toBe(true);
  expect(isSha256(sha1)).toBe(false);
});
