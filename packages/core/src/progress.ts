/** An event during resolving, fetching, loading or running a model. Names are noun-verb. */
export type ProgressEvent =
  /** A file is about to be downloaded or uploaded, or is already there (`cached`). */
  | {
      readonly type: "file-start";
      readonly file: string;
      readonly totalBytes?: number;
      readonly cached: boolean;
    }
  /** A file's transfer has progressed; `loadedBytes` can decrease if part of an upload has to be resent. */
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

/** Receives progress events. Errors it throws are passed to the caller. */
export type ProgressListener = (event: ProgressEvent) => void;
