/**
 * Returns the model to pass to `fromPretrained`: in Node the path of its folder, elsewhere its files, fetched from next
 * to the bundled script. Nothing is fetched before the call.
 *
 * @throws Error if the weights are not next to the bundle.
 */
export declare function emoji32(options?: {
  readonly signal?: AbortSignal | undefined;
}): Promise<string | ReadonlyMap<string, Blob>>;
