/** One piece of work whose memory is measured, in a process of its own. */
export type MemoryTask =
  | { readonly kind: "nothing" }
  | { readonly kind: "download"; readonly endpoint: string; readonly cacheDir: string }
  | {
      readonly kind: "load";
      readonly checkpoint: string;
      readonly optimizeFor: "startup" | "throughput";
      readonly threads: number;
    };

/** What a process had in use, in bytes. */
export interface MemoryResult {
  readonly milliseconds: number;
  /** The most that all of the process had. */
  readonly peakBytes: number;
  /** By how much the heap of JavaScript grew at most, buffers outside of it included. */
  readonly heapGrowthBytes: number;
  /** By how much it had grown at the end, when what is not used any more was collected. */
  readonly keptBytes: number;
}

/** The file that is downloaded. */
export const downloadedFile = {
  repository: "benchmark/large",
  path: "unet/diffusion_pytorch_model.safetensors",
  bytes: 2_000_000_000,
} as const;
