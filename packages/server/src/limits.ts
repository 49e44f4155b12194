/** What one request may ask for. All have defaults. */
export interface ServiceLimits {
  /** The most images of a request, `n`. */
  readonly images: number;
  /** The most steps, if the model's own default is not above. */
  readonly steps: number;
  /** The most pixels of an image to make. */
  readonly pixels: number;
  /** The most pixels of an image that a client sends; its header is read before it is decoded. */
  readonly inputPixels: number;
  /** The most characters of a prompt. */
  readonly promptLength: number;
  /** The most bytes of a JSON body, of one with images in it, and of an upload. */
  readonly jsonBytes: number;
  readonly jsonImageBytes: number;
  readonly uploadBytes: number;
  /** The most requests of one key at a time. */
  readonly requestsPerKey: number;
  /** How long a new request may have to wait, in seconds, before it is refused. */
  readonly queueSeconds: number;
}

/** The defaults of {@link ServiceLimits}. */
export const defaultLimits: ServiceLimits = {
  images: 32,
  steps: 150,
  pixels: 1536 * 1536,
  inputPixels: 16_000_000,
  promptLength: 32_000,
  jsonBytes: 1_048_576,
  jsonImageBytes: 26_214_400,
  uploadBytes: 52_428_800,
  requestsPerKey: 64,
  queueSeconds: 60,
};
