/** One thing that happened while a model was found, fetched, loaded or run. Names are noun-verb. */
export type ProgressEvent =
  /** A file is about to be fetched, or was found in the cache (`cached`); or to be sent, or is there already (`cached`). */
  | {
      readonly type: "file-start";
      readonly file: string;
      readonly totalBytes?: number;
      readonly cached: boolean;
    }
  /** More of a file has arrived; or less, where a part of an upload has to be sent again. */
  | {
      readonly type: "file-progress";
      readonly file: string;
      readonly loadedBytes: number;
      readonly totalBytes?: number;
    }
  /** A file is complete, verified and in its place. */
  | {
      readonly type: "file-end";
      readonly file: string;
      readonly totalBytes: number;
      readonly cached: boolean;
    }
  /** A component (`unet`, `scheduler`) is being made ready. */
  | { readonly type: "component-start"; readonly component: string }
  /** A component is ready. */
  | { readonly type: "component-end"; readonly component: string }
  /** A denoising step is done. `step` counts from 0. */
  | {
      readonly type: "step-end";
      readonly step: number;
      readonly totalSteps: number;
      readonly timestep: number;
    };

/** Receives progress events. What it throws is thrown to the caller of the work. */
export type ProgressListener = (event: ProgressEvent) => void;
