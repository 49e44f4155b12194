export { writeFileAside } from "#write-file";
export type { Config, ConfigRecord } from "./config/config.ts";
export { createConfig, readConfigRecord } from "./config/config.ts";
export type { ConfigField, ConfigOptions, ConfigValues } from "./config/config-field.ts";
export {
  booleanField,
  eitherField,
  enumField,
  floatField,
  integerField,
  listField,
  nullableField,
  stringField,
} from "./config/config-field.ts";
export { toCamelCase, toSnakeCase } from "./config/config-name.ts";
export type { ConfigFields } from "./config/config-schema.ts";
export { ConfigSchema } from "./config/config-schema.ts";
export { describeJson, describeValue, isJsonObject } from "./config/describe-json.ts";
export { PythonFloat, type PythonJson, type PythonJsonObject } from "./config/python-json.ts";
export { toPythonJson } from "./config/to-python-json.ts";
export { DisposedError } from "./errors/disposed-error.ts";
export { FileWriteError } from "./errors/file-write-error.ts";
export { ImageError } from "./errors/image-error.ts";
export { InvalidArgumentError } from "./errors/invalid-argument-error.ts";
export { InvalidConfigError } from "./errors/invalid-config-error.ts";
export {
  formatProblem,
  OnestepError,
  type OnestepErrorOptions,
  type Problem,
} from "./errors/onestep-error.ts";
export { UnsupportedError } from "./errors/unsupported-error.ts";
export { joinPath } from "./files/join-path.ts";
export type { FileToSave, SaveFilesOptions } from "./files/save-files-options.ts";
export type { WriteFileOptions } from "./files/write-file-options.ts";
export { freeBuffer } from "./free-buffer.ts";
export type { ImageDataLike } from "./image/image-data.ts";
export type { ImageGridOptions } from "./image/image-grid.ts";
export { imageFromTensor, imagesFromTensor } from "./image/images-from-tensor.ts";
export type { Pixels } from "./image/pixels.ts";
export { type DecodeImageOptions, RasterImage } from "./image/raster-image.ts";
export { type ResizeOptions, resizeTensor } from "./image/resize-tensor.ts";
export { nextTask } from "./next-task.ts";
export type { ProgressEvent, ProgressListener } from "./progress/progress-event.ts";
export type { DrawOptions, Generator } from "./random/generator.ts";
export { randnTensor } from "./random/randn-tensor.ts";
export { TorchGenerator } from "./random/torch-generator.ts";
export { errorCode, errorMessage, isBlob, isError, isUint8Array, isUrl } from "./realm.ts";
export type { DataType, FloatType, TensorDataByType } from "./tensor/data-type.ts";
export { elementCount } from "./tensor/element-count.ts";
export { Tensor } from "./tensor/tensor.ts";
export { untilAborted } from "./until-aborted.ts";
export { warn } from "./warn.ts";
