import fc, { type Arbitrary } from "fast-check";
import { type PlannedFault, plannedFaults, saysNothingOfRights } from "./planned-fault.ts";
import { longestFile, type PlannedFile } from "./planned-file.ts";
import { type WebFault, webFaults } from "./web-fault.ts";

/** A moment during a process: this many milliseconds after the Hub has received this many of its requests. */
export interface Moment {
  readonly requests: number;
  readonly milliseconds: number;
}

/**
 * Who downloads, and what happens to them.
 *
 * - `alone`: one process.
 * - `aborted`: one, whose caller loses interest.
 * - `killed`: one that gets SIGKILL, then another that carries on.
 * - `thread-terminated`: a thread that is terminated, then the process that it was of carries on.
 * - `pair`: two at the same time.
 * - `pair-killed`: two at the same time, of which one gets SIGKILL.
 * - `full-disk`: one, with so much room in the cache.
 * - `two-tokens`: two callers at the same time, in one process or in two, of whom one may not have the files.
 * - `web-server`: one process, or one that gets SIGKILL and another, from a plain web server over copies in the cache.
 */
export type Way =
  | { readonly kind: "alone" | "pair" }
  | { readonly kind: "aborted"; readonly afterMilliseconds: number }
  | { readonly kind: "killed" | "pair-killed" | "thread-terminated"; readonly moment: Moment }
  | { readonly kind: "full-disk"; readonly roomBytes: number }
  | { readonly kind: "two-tokens"; readonly gate: "private" | "gated"; readonly together: boolean }
  | {
      readonly kind: "web-server";
      readonly faults: readonly WebFault[];
      readonly moment: Moment | undefined;
    };

/** What the cache contains beforehand: nothing, another commit, or this commit with a damaged content. */
export type Before = "nothing" | "another-commit" | "damaged-content";

/** A download with injected faults. */
export interface CasePlan {
  readonly files: readonly PlannedFile[];
  readonly faults: readonly PlannedFault[];
  readonly way: Way;
  readonly before: Before;
  readonly revision: "main" | "refs/pr/1" | "commit" | "release" | "release/1.0";
  /** Whether the listing has entries that no tool of the Hub would make. */
  readonly disorder: boolean;
  /** The path of a mirror; empty for none. */
  readonly basePath: string;
  readonly redirectsSmallFiles: boolean;
  readonly atOnce: boolean;
  readonly lists: boolean;
  readonly maxRetries: number;
}

/** A name of the maximum length that file systems allow, with all kinds of characters. */
const longPath = `a b/${"ü".repeat(118)}#100%.bin`;

const files: Arbitrary<readonly PlannedFile[]> = fc
  .tuple(
    ...["model_index.json", "unet/config.json", "unet/diffusion_pytorch_model.safetensors", longPath].map(
      (path, index) =>
        fc.record<PlannedFile>({
          path: fc.constant(path),
          length: fc.oneof(fc.constantFrom(0, 1), fc.nat(5000), fc.nat(longestFile), fc.nat(longestFile)),
          // Two paths may have the same content.
          content: fc.nat(2),
          isLarge: fc.constant(index > 1),
        }),
    ),
  )
  .chain((all) => fc.subarray(all, { minLength: 1 }));

const moment = fc.record<Moment>({ requests: fc.nat(5), milliseconds: fc.nat(12) });

const ways: Arbitrary<Way> = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Way>({ kind: "alone" }) },
  { weight: 2, arbitrary: fc.nat(60).map((time): Way => ({ kind: "aborted", afterMilliseconds: time })) },
  { weight: 3, arbitrary: moment.map((when): Way => ({ kind: "killed", moment: when })) },
  { weight: 2, arbitrary: moment.map((when): Way => ({ kind: "thread-terminated", moment: when })) },
  { weight: 3, arbitrary: fc.constant<Way>({ kind: "pair" }) },
  { weight: 1, arbitrary: moment.map((when): Way => ({ kind: "pair-killed", moment: when })) },
  { weight: 2, arbitrary: fc.nat(longestFile).map((room): Way => ({ kind: "full-disk", roomBytes: room })) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("two-tokens" as const),
      gate: fc.constantFrom("private" as const, "gated" as const),
      together: fc.constantFrom(true, true, false),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("web-server" as const),
      faults: webFaults(),
      moment: fc.oneof(fc.constant(undefined), fc.constant(undefined), moment),
    }),
  },
);

const casePlans: Arbitrary<CasePlan> = fc.record<CasePlan>({
  files,
  faults: plannedFaults(),
  way: ways,
  before: fc.constantFrom("nothing", "nothing", "nothing", "another-commit", "damaged-content"),
  revision: fc.constantFrom("main", "main", "main", "refs/pr/1", "commit", "release", "release/1.0"),
  disorder: fc.boolean(),
  basePath: fc.constantFrom("", "", "/mirror/hub"),
  redirectsSmallFiles: fc.boolean(),
  atOnce: fc.boolean(),
  lists: fc.constantFrom(false, false, true),
  maxRetries: fc.constantFrom(0, 1, 2, 4),
});

/** The plan of a seed: the same seed gives the same plan. */
export function drawPlan(seed: number): CasePlan {
  const plan = fc.sample(fc.noBias(casePlans), { seed, numRuns: 1 })[0] as CasePlan;
  // What a Hub says of rights is not to be mixed up with what goes wrong.
  return plan.way.kind === "two-tokens"
    ? { ...plan, before: "nothing", faults: plan.faults.filter(saysNothingOfRights) }
    : plan;
}
