import type { Device } from "../backend.ts";
import type { LoweringTable } from "./lowering.ts";
import { defaultOperators } from "./operators.ts";

/** What each operator becomes, for every kind of device that a graph is lowered for. */
export const loweringTables: Readonly<Record<Device, LoweringTable>> = {
  cpu: defaultOperators,
  wasm: defaultOperators,
  webgpu: defaultOperators,
};
