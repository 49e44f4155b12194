/** Tells the developer about something that is legal and probably not meant. Goes to `console.warn`. */
export function warn(message: string): void {
  console.warn(`[onestep] ${message}`);
}
