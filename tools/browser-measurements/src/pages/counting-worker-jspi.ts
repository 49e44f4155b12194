// The worker of onnxruntime-web, with a count of its memory.
import "./count-memory.ts";
import "@onestep/runtime/inference-worker-jspi";
