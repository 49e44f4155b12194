/**
 * The model, as `fromPretrained` takes it: in Node the path of its folder, elsewhere its files, fetched from beside the
 * script that bundlers make. Nothing is fetched before it is called.
 *
 * @throws Error where the weights are not beside the bundle.
 */
export declare function emoji32(options?: {
  readonly signal?: AbortSignal | undefined;
}): Promise<string | ReadonlyMap<string, Blob>>;
