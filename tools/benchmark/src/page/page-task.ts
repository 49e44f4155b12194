/** The two graphs of one network: built here, and exported by torch.onnx. */
export const graphNames = ["built", "exported"] as const;

/** One of {@link graphNames}. */
export type GraphName = (typeof graphNames)[number];

/** What the page is asked to load. */
export interface PageTask {
  /** Threads of wasm. */
  readonly threads: number;
  readonly classLabel: number | undefined;
}

/** What the page offers. */
export interface PageFunctions {
  /** Loads both graphs and runs each twice. Returns the largest difference between what they predict. */
  loadGraphs(task: PageTask): Promise<number>;
  /** Runs one graph a number of times. Returns the milliseconds of each. */
  runGraph(name: GraphName, count: number): Promise<readonly number[]>;
}

/** Where the server has the folder of the pipeline. */
export const checkpointPath = "checkpoint/";

/** Where the server has the exported graph. */
export const exportedPath = "exported.onnx";
