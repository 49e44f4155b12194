import type { OnnxruntimeBuild } from "../../../session.ts";

const scripts: Readonly<Record<OnnxruntimeBuild, string>> = {
  jspi: new URL("../../../inference-worker-jspi.ts", import.meta.url).href,
  asyncify: new URL("../../../inference-worker-asyncify.ts", import.meta.url).href,
};

/** What an obedient worker does when it is told to. */
export type Order = "lose the GPU" | "throw" | "reject";

/** An inference worker that things can be made to go wrong in. */
export interface ObedientWorker {
  readonly worker: Worker;
  tell(order: Order): void;
}

/** Starts one. */
export function startObedientWorker(build: OnnxruntimeBuild): ObedientWorker {
  const orders = `onestep-test-${crypto.randomUUID()}`;
  const script = `
    import ${JSON.stringify(scripts[build])};

    let device;
    const { requestDevice } = GPUAdapter.prototype;
    GPUAdapter.prototype.requestDevice = async function (...options) {
      device = await requestDevice.apply(this, options);
      return device;
    };
    new BroadcastChannel(${JSON.stringify(orders)}).onmessage = ({ data: order }) => {
      if (order === "lose the GPU") device.destroy();
      if (order === "throw") throw new Error("out of order");
      if (order === "reject") Promise.reject(new Error("out of order"));
    };
  `;
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const channel = new BroadcastChannel(orders);
  return { worker: new Worker(url, { type: "module" }), tell: (order) => channel.postMessage(order) };
}
