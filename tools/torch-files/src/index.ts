export { op, type PicklePart, pickleBytes } from "./pickle-bytes.ts";
export {
  stateDictPart,
  type TensorPart,
  type TorchFileOptions,
  tensorPart,
  torchFileBytes,
} from "./torch-file-bytes.ts";
export {
  directoryEntry,
  endRecords,
  joinBytes,
  littleEndian,
  localHeader,
  type ZipEndPart,
  type ZipPart,
  zipBytes,
} from "./zip-bytes.ts";
