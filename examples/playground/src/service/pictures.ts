import type { FitRequest, Frame } from "../engine/messages.ts";

/** Decodes a picture of the service. */
export async function decodePicture(base64: string): Promise<{ readonly frame: Frame; readonly png: Blob }> {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const png = new Blob([bytes], { type: "image/png" });
  const bitmap = await createImageBitmap(png);
  const { width, height } = bitmap;
  const context = contextOf(width, height);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return { frame: frameOf(context, width, height), png };
}

/** Encodes a picture for the service. */
export async function encodePicture(frame: Frame): Promise<Blob> {
  return canvasOf(frame).convertToBlob({ type: "image/png" });
}

/** Fits a picture to a size: scales it to cover the size, then crops both sides equally. */
export function fitPicture({ picture, width, height }: FitRequest): Frame {
  if (picture.width === width && picture.height === height) return picture;
  const scale = Math.max(width / picture.width, height / picture.height);
  const [wide, high] = [picture.width * scale, picture.height * scale];
  const context = contextOf(width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(canvasOf(picture), (width - wide) / 2, (height - high) / 2, wide, high);
  return frameOf(context, width, height);
}

/** A white picture. */
export function whitePicture({ width, height }: Pick<Frame, "width" | "height">): Frame {
  return { width, height, rgba: new Uint8ClampedArray(4 * width * height).fill(255) };
}

function canvasOf({ width, height, rgba }: Frame): OffscreenCanvas {
  const context = contextOf(width, height);
  context.putImageData(new ImageData(rgba, width, height), 0, 0);
  return context.canvas;
}

function contextOf(width: number, height: number): OffscreenCanvasRenderingContext2D {
  const context = new OffscreenCanvas(width, height).getContext("2d");
  if (context === null) throw new Error("This browser gives no canvas to draw on.");
  return context;
}

function frameOf(context: OffscreenCanvasRenderingContext2D, width: number, height: number): Frame {
  return { width, height, rgba: context.getImageData(0, 0, width, height).data };
}
