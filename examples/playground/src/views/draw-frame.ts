import type { Frame } from "../engine/messages.ts";

/** Images up to this size are shown with their pixels as squares; larger ones are smoothed. */
const largestPixelated = 64;

/** Draws a frame on a canvas, which takes its size. */
export function drawFrame(canvas: HTMLCanvasElement, { width, height, rgba }: Frame): void {
  canvas.width = width;
  canvas.height = height;
  canvas.classList.toggle("pixels", isPixelated(width));
  canvas.getContext("2d")?.putImageData(new ImageData(rgba, width, height), 0, 0);
}

/** Whether an image of this width is shown with its pixels as squares. */
export function isPixelated(width: number): boolean {
  return width <= largestPixelated;
}
