// Do not bundle onestep: it starts a worker from its own script and loads a native library.
export default {
  serverExternalPackages: ["onestep"],
};
