/** Something that no fault may lead to. */
export interface Finding {
  readonly kind: FindingKind;
  readonly detail: string;
}

export const findingKinds = [
  "crash",
  "hang",
  "error without a type",
  "wrong content",
  "corrupt cache entry",
  "corrupt cache entry after a clean download",
  "part left behind",
  "clean download failed",
  "not there offline",
  "not there any more",
  "older commit lost",
  "copy of a web server lost",
  "request though offline",
  "content fetched again",
  "half a commit",
  "upload lost",
  "clean upload failed",
  "content sent again",
  "token sent elsewhere",
  "one token's answer to another's caller",
  "secret in a message",
] as const;

/** What it is. */
export type FindingKind = (typeof findingKinds)[number];
