// The bundled model, as a separate entry point, so that bundlers include it only if it is imported.
export { emoji32 } from "@onestep/emoji32";
