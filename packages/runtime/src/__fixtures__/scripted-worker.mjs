// Speaks the protocol of inference-worker.ts without onnxruntime. It does what it is told over a BroadcastChannel, so
// that a test decides when a call ends and how. The graph is the name of that channel.
import { BroadcastChannel, parentPort, workerData } from "node:worker_threads";

const value = { name: "x", dtype: "float32", shape: ["n"] };
let channel;

parentPort.on("message", ({ call, request }) => {
  if (call === "load") {
    channel = new BroadcastChannel(new TextDecoder().decode(request.graph));
    channel.onmessage = ({ data }) => obey(data);
    channel.unref();
  }
  if (call === "release") {
    channel?.close();
    reply({ call, reply: undefined });
    parentPort.close();
  } else {
    channel.postMessage({ call, request });
  }
});

function obey({ order, value: argument }) {
  if (order === "ready")
    reply({ call: "load", reply: { inputs: [value], outputs: [{ ...value, name: "y" }] } });
  if (order === "output") reply({ call: "run", reply: { y: argument } });
  if (order === "failure") reply({ call: "failure", failure: argument });
  if (order === "exit") process.exit(argument);
  if (order === "throw") throw new Error(argument);
}

function reply(message) {
  Atomics.store(workerData.exitFlag, 0, 0);
  parentPort.postMessage(message);
}
