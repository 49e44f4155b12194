/**
 * Starts the worker that sessions run in. Vite and webpack find the script by this very expression and bundle it;
 * elsewhere it has to lie beside the code that starts it.
 */
export function startInferenceWorker(): Worker {
  return new Worker(new URL("./inference-worker.js", import.meta.url), { type: "module" });
}
