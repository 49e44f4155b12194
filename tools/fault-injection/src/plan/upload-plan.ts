import type { FakeFault } from "@onestep/fake-hub";
import fc, { type Arbitrary } from "fast-check";
import { longestFile, type PlannedFile } from "./planned-file.ts";

/** The requests of an upload, in order. */
export const uploadStages = {
  creation: "/repos/create",
  revision: "/revision/",
  listing: "/tree/",
  preupload: "/preupload/",
  batch: "/objects/batch",
  content: "/upload/",
  completion: "/complete_multipart",
  commit: "/commit/",
  check: "/tree/",
} as const;

/** The name of a request. */
export type UploadStage = keyof typeof uploadStages;

/**
 * Who uploads, and what happens to them.
 *
 * - `alone`: one process.
 * - `aborted`: one, whose caller loses interest.
 * - `killed`: one that gets SIGKILL during a request, then another that uploads the same. The request is `answered`, or
 *   `held` before it is done, or `done` without a response.
 * - `pair`: two at the same time, with other contents.
 */
export type UploadWay =
  | { readonly kind: "alone" | "pair" }
  | { readonly kind: "aborted"; readonly afterMilliseconds: number }
  | {
      readonly kind: "killed";
      readonly stage: UploadStage;
      readonly request: "answered" | "held" | "done";
      readonly afterMilliseconds: number;
    };

/** Something that goes wrong with requests of an upload, and how often. */
export interface UploadFault {
  readonly stage: UploadStage | undefined;
  readonly times: number;
  /** A redirect leads to another host. */
  readonly what: FakeFault | { readonly redirect: 302 | 307 | 308 };
}

/** An upload on which something goes wrong. */
export interface UploadPlan {
  readonly files: readonly PlannedFile[];
  readonly faults: readonly UploadFault[];
  readonly way: UploadWay;
  /** Whether the repository is there before. */
  readonly exists: boolean;
  readonly basePath: string;
  readonly partBytes: number;
  readonly maxRetries: number;
}

const stage = fc.constantFrom(...(Object.keys(uploadStages) as UploadStage[]));

const files: Arbitrary<readonly PlannedFile[]> = fc
  .tuple(
    ...["model_index.json", "unet/config.json", "unet/diffusion_pytorch_model.safetensors", "vae/x.bin"].map(
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

const bytes = fc.oneof(fc.constantFrom(0, 1, 100), fc.nat(longestFile));

const what: Arbitrary<UploadFault["what"]> = fc.oneof(
  fc.record({ dropAfterBytes: fc.constantFrom(-1, 0, 5) }),
  fc.record({ stallAfterBytes: fc.constantFrom(-1, 0, 5) }),
  fc.record({ dropAfterReceivedBytes: bytes }),
  fc.record({ stallAfterReceivedBytes: bytes }),
  fc.record({ endAfterBytes: fc.constantFrom(0, 5) }),
  fc.constant({ wrongBytes: true }),
  fc.record({ wrongLength: fc.constantFrom(-3, 3) }),
  fc.record({
    status: fc.constantFrom(400, 401, 403, 404, 408, 409, 412, 413, 422, 500, 502, 503, 204, 206, 304),
  }),
  fc.record({ status: fc.constant(429), headers: fc.constantFrom({ "Retry-After": "0" }, {}) }),
  fc
    .constantFrom(
      "<!doctype html>",
      "{}",
      "null",
      "",
      '{"files": [{}], "objects": [{}, null]}',
      '{"objects": []}',
    )
    .map((body) => ({ body })),
  fc.constantFrom<302 | 307 | 308>(302, 307, 308).map((redirect) => ({ redirect })),
);

const uploadPlans: Arbitrary<UploadPlan> = fc.record<UploadPlan>({
  files,
  faults: fc.array(
    fc.record<UploadFault>({
      stage: fc.option(stage, { nil: undefined, freq: 8 }),
      times: fc.constantFrom(1, 1, 2, 3, 1000),
      what,
    }),
    { maxLength: 3 },
  ),
  way: fc.oneof(
    { weight: 4, arbitrary: fc.constant<UploadWay>({ kind: "alone" }) },
    { weight: 2, arbitrary: fc.constant<UploadWay>({ kind: "pair" }) },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant("aborted" as const), afterMilliseconds: fc.nat(80) }),
    },
    {
      weight: 9,
      arbitrary: fc.record({
        kind: fc.constant("killed" as const),
        stage,
        request: fc.constantFrom("answered" as const, "held" as const, "done" as const),
        afterMilliseconds: fc.nat(3),
      }),
    },
  ),
  exists: fc.constantFrom(true, true, false),
  basePath: fc.constantFrom("", "", "/mirror/hub"),
  partBytes: fc.constantFrom(50_000, 50_000, Number.POSITIVE_INFINITY),
  maxRetries: fc.constantFrom(0, 1, 2),
});

/** The plan of a seed: the same seed gives the same plan. */
export function drawUploadPlan(seed: number): UploadPlan {
  const plan = fc.sample(fc.noBias(uploadPlans), { seed, numRuns: 1 })[0] as UploadPlan;
  // Nothing else keeps the process from where it is to be killed.
  return plan.way.kind === "killed" ? { ...plan, faults: [] } : plan;
}
