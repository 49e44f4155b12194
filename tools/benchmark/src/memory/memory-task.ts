/** A task whose memory is measured, in a process of its own. */
export type MemoryTask =
  | { readonly kind: "nothing" }
  | { readonly kind: "download"; readonly endpoint: string; readonly cacheDir: string }
  | {
      readonly kind: "load";
      readonly checkpoint: string;
      readonly optimizeFor: "startup" | "throughput";
      readonly threads: number;
    };

/** The memory that a process had in use, in bytes. */
export interface MemoryResult {
  readonly milliseconds: number;
  /** The peak of the whole process. */
  readonly peakBytes: number;
  /** The largest growth of the JavaScript heap, including buffers outside it. */
  readonly heapGrowthBytes: number;
  /** Its growth at the end, after garbage collection. */
  readonly keptBytes: number;
}

/** The file that is downloaded. */
export const downloadedFile = {
  repository: "benchmark/large",
  path: "unet/diffusion_pytorch_model.safetensors",
  bytes: 2_000_000_000,
} as const;
