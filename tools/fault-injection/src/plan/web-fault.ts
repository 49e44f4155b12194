import fc, { type Arbitrary } from "fast-check";

/** What a web server, or what stands before it, answers in the place of a file. */
export type WebFault =
  | { readonly kind: "status"; readonly status: number; readonly times: number }
  | { readonly kind: "page" | "login" | "cut" | "silence"; readonly times: number };

/** One to four, once, a few times or always. */
export function webFaults(): Arbitrary<readonly WebFault[]> {
  const times = fc.constantFrom(1, 2, 5, 1000);
  const statuses = fc.constantFrom(404, 404, 410, 403, 401, 407, 400, 500, 503, 511, 204, 206);
  const status = fc
    .tuple(statuses, times)
    .map(([code, count]): WebFault => ({ kind: "status", status: code, times: count }));
  const other = fc
    .tuple(
      fc.constantFrom<"page" | "login" | "cut" | "silence">(
        "page",
        "page",
        "login",
        "login",
        "cut",
        "silence",
      ),
      times,
    )
    .map(([kind, count]): WebFault => ({ kind, times: count }));
  return fc.array(fc.oneof(status, other), { minLength: 1, maxLength: 4 });
}
