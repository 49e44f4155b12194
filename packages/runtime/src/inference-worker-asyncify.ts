import * as onnxruntime from "onnxruntime-web/webgpu";
import { answerCalls } from "./worker/web/answer-calls.ts";

// The script of the worker in browsers that cannot suspend WebAssembly.
answerCalls(onnxruntime);
