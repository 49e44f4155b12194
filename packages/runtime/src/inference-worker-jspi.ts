import * as onnxruntime from "onnxruntime-web/jspi";
import { answerCalls } from "./worker/web/answer-calls.ts";

// The script of the worker in browsers that can suspend WebAssembly.
answerCalls(onnxruntime);
