import { shippedModelFiles, shippedModelFolder } from "../model/shipped-model.ts";
import { keptFilesCache } from "./kept-file.ts";

/** How long to wait for the service worker, in milliseconds. Files fetched without it are not kept. */
const patience = 4000;

/** Remembers, once per session, that the page was reloaded so that the service worker can isolate it. */
const reloadedKey = "reloaded-for-isolation";

/**
 * Starts the service worker, which keeps the page and the model for offline use, and isolates the page if the server
 * does not. In that case the page is reloaded once.
 *
 * @returns A promise that settles once the service worker is active, or at once if there is no service worker.
 */
export async function prepareOffline(): Promise<void> {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register(new URL("service-worker.js", document.baseURI), { scope: "./" });
  } catch (error) {
    // Not allowed or not reachable: the page still works.
    console.warn("The page will not work offline.", error);
    return;
  }
  await Promise.race([controlled(), new Promise((resolve) => setTimeout(resolve, patience))]);
  if (crossOriginIsolated || navigator.serviceWorker.controller === null) return;
  if (sessionStorage.getItem(reloadedKey) !== null) return;
  sessionStorage.setItem(reloadedKey, "yes");
  location.reload();
  await new Promise(() => {});
}

/** Whether the bundled model is kept, so that the page works offline. */
export async function isModelKept(): Promise<boolean> {
  if (!("caches" in globalThis)) return false;
  const weights = shippedModelFiles.find((path) => path.endsWith(".safetensors")) ?? "";
  const url = new URL(`${shippedModelFolder}${weights}`, document.baseURI);
  return (await caches.match(url, { cacheName: keptFilesCache, ignoreSearch: true })) !== undefined;
}

async function controlled(): Promise<void> {
  await navigator.serviceWorker.ready;
  if (navigator.serviceWorker.controller !== null) return;
  await new Promise((resolve) => {
    navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true });
  });
}
