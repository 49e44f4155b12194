export type { Config } from "./config/config.ts";
export {
  booleanField,
  type ConfigField,
  type ConfigOptions,
  type ConfigValues,
  eitherField,
  enumField,
  floatField,
  integerField,
  listField,
  nullableField,
  stringField,
} from "./config/config-field.ts";
export { type ConfigFields, ConfigSchema } from "./config/config-schema.ts";
export { PythonFloat, type PythonJson, type PythonJsonObject } from "./config/python-json.ts";
export {
  DisposedError,
  FileWriteError,
  ImageError,
  InvalidArgumentError,
  InvalidConfigError,
  OnestepError,
  type OnestepErrorOptions,
  type Problem,
  UnsupportedError,
} from "./errors.ts";
export type { ImageGridOptions } from "./image/image-grid.ts";
export { imageFromTensor, imagesFromTensor } from "./image/images-from-tensor.ts";
export type { ImageDataLike, Pixels } from "./image/pixels.ts";
export type { EncodeImageOptions } from "./image/png/encode-png.ts";
export type { PngText } from "./image/png/png-text.ts";
export { type DecodeImageOptions, RasterImage } from "./image/raster-image.ts";
export { type ResizeOptions, resizeTensor } from "./image/resize-tensor.ts";
export type { ProgressEvent, ProgressListener } from "./progress.ts";
export { type DrawOptions, type Generator, randnTensor } from "./random/generator.ts";
export { TorchGenerator } from "./random/torch-generator.ts";
export { Tensor } from "./tensor/tensor.ts";
export type { DataType, FloatType, TensorDataByType } from "./tensor/tensor-data.ts";
export { setWarningHandler, type Warning, type WarningCode, type WarningHandler } from "./warn.ts";
