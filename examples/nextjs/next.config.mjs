// Leave Onestep to Node: it starts a worker from a script of its own and loads a native library.
export default {
  serverExternalPackages: ["onestep"],
};
