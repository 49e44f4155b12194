import type { FakeFault } from "@onestep/fake-hub";
import fc, { type Arbitrary } from "fast-check";
import { longestFile } from "./planned-file.ts";

/** Where a redirect leads that no Hub would send. */
export type RedirectTarget = "copy" | "junk" | "loop" | "nowhere" | "no-web-address";

/** Something that goes wrong, and where. */
export interface PlannedFault {
  /** Which requests it befalls. Of `file`, those of one file only. */
  readonly place: "revision" | "listing" | "file" | "content" | "any";
  /** The index of the file, if the place is a single file. */
  readonly file: number;
  readonly times: number;
  readonly what: FakeFault | { readonly redirect: RedirectTarget };
}

const failures = fc.constantFrom(500, 502, 503, 504, 408, 400, 401, 403, 404, 410, 416, 418, 204, 206, 304);

/** A wait that a server asks for: none, a second, a date that is over, longer than anybody waits, and no number. */
const waits = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom("0", "Thu, 01 Jan 2015 00:00:00 GMT", "300", "soon", "-1") },
  { weight: 1, arbitrary: fc.constant("1") },
);

function inBody(): Arbitrary<number> {
  return fc.oneof(fc.constantFrom(0, 1, 2, 10), fc.nat(longestFile));
}

function whatGoesWrong(): Arbitrary<PlannedFault["what"]> {
  return fc.oneof(
    fc.record({ dropAfterBytes: fc.oneof(fc.constant(-1), inBody()) }),
    fc.record({ dropAfterBytes: inBody() }),
    fc.record({ stallAfterBytes: fc.oneof(fc.constant(-1), inBody()) }),
    fc.record({ endAfterBytes: inBody() }),
    fc.record({
      wrongLength: fc.oneof(fc.constantFrom(-3, -1, 1, 3), fc.integer({ min: -longestFile, max: 5000 })),
    }),
    fc.constant({ wrongBytes: true }),
    fc.constant({ ignoreRange: true }),
    fc.record({ shiftRange: fc.constantFrom(-5000, -1, 1, 100, 100_000) }),
    failures.map((status) => ({ status })),
    fc.record({ status: fc.constantFrom(429, 503), headers: waits.map((wait) => ({ "Retry-After": wait })) }),
    fc.constantFrom("<!doctype html>", "{}", '{"sha": "../../x"}', "").map((body) => ({ body })),
    fc
      .constantFrom<RedirectTarget>("copy", "copy", "junk", "loop", "nowhere", "no-web-address")
      .map((redirect) => ({ redirect })),
  );
}

/** One to four things that go wrong, once, a few times or always. */
export function plannedFaults(): Arbitrary<readonly PlannedFault[]> {
  const fault = fc.record<PlannedFault>({
    place: fc.constantFrom("revision", "listing", "file", "file", "content", "content", "content", "any"),
    file: fc.nat(3),
    times: fc.constantFrom(1, 1, 2, 3, 1000),
    what: whatGoesWrong(),
  });
  return fc.array(fault, { minLength: 1, maxLength: 4 });
}

/** Whether a fault can neither be taken for the answer to somebody who may have a file, nor to somebody who may not. */
export function saysNothingOfRights({ what }: PlannedFault): boolean {
  if ("redirect" in what || what.body !== undefined) return false;
  return what.status === undefined || what.status >= 500 || what.status === 408 || what.status === 429;
}
