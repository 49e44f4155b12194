// The model that ships, for bundlers: an entry of its own, so that no other program carries it.
export { emoji32 } from "@onestep/emoji32";
