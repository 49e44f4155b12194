const memories: WebAssembly.Memory[] = [];

/** Where the page asks how long the WebAssembly memory of a worker is. */
export const memoryChannel: BroadcastChannel = new BroadcastChannel("wasm-memory");

WebAssembly.Memory = class extends WebAssembly.Memory {
  constructor(descriptor: WebAssembly.MemoryDescriptor) {
    super(descriptor);
    memories.push(this);
  }
};

memoryChannel.onmessage = ({ data }: MessageEvent<string>) => {
  const [memory] = memories;
  if (data === "ask" && memory !== undefined) memoryChannel.postMessage(memory.buffer.byteLength);
};
