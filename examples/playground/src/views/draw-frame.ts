import type { Frame } from "../engine/messages.ts";

/** Images up to this size are shown with square pixels; larger ones are smoothed. */
const largestPixelated = 64;

/** Draws a frame on a canvas, and resizes the canvas to fit. */
export function drawFrame(canvas: HTMLCanvasElement, { width, height, rgba }: Frame): void {
  canvas.width = width;
  canvas.height = height;
  markPixels(canvas, width);
  canvas.getContext("2d")?.putImageData(new ImageData(rgba, width, height), 0, 0);
}

/** Shows the pixels of a small image as squares of equal size. */
export function markPixels(element: HTMLElement, width: number): void {
  element.classList.toggle("pixels", width <= largestPixelated);
  element.style.setProperty("--image-width", String(width));
}
