import type { Frame } from "../engine/messages.ts";
import { markPixels } from "./draw-frame.ts";
import { makeElement } from "./make-element.ts";

/** What is being painted: the area of a mask, or a picture made of strokes. */
export type PaintKind = "mask" | "strokes";

/** The listeners of a {@link PaintSurface}. */
export interface PaintListeners {
  /** A stroke has ended, or was undone. */
  readonly onChange: () => void;
  /** Announces a brush action to users who cannot see it. */
  readonly onSay: (text: string) => void;
}

interface Dab {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

interface Stroke {
  readonly dabs: Dab[];
  readonly color: string;
  readonly erases: boolean;
}

/** The minimum number of pixels along a side, so that strokes on a small picture look round. */
const leastSide = 256;

/** The colour of a mask on top of its picture. */
const maskColor = "#2a3bf0";

/**
 * A canvas to paint on with mouse, touch, pen or keyboard, over a picture or on white. All lengths are in canvas
 * pixels.
 */
export class PaintSurface {
  readonly #canvas: HTMLCanvasElement;
  readonly #listeners: PaintListeners;
  readonly #layer = makeElement("canvas");
  readonly #background = makeElement("canvas");
  #kind: PaintKind = "mask";
  #size = { width: 32, height: 32 };
  #scale = 8;
  #strokes: Stroke[] = [];
  #current: Stroke | undefined;
  #pointer: number | undefined;
  #cursor = { x: 16, y: 16 };

  /** The diameter of the brush, in pixels of the picture. */
  brushSize = 4;
  /** The colour of strokes. */
  color = "#000000";
  isErasing = false;

  constructor(canvas: HTMLCanvasElement, listeners: PaintListeners) {
    this.#canvas = canvas;
    this.#listeners = listeners;
    canvas.addEventListener("pointerdown", (event) => this.#press(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const type of ["pointerup", "pointercancel"] as const) {
      canvas.addEventListener(type, (event) => this.#lift(event));
    }
    canvas.addEventListener("keydown", (event) => this.#pressKey(event));
    for (const type of ["focus", "blur"]) canvas.addEventListener(type, () => this.#draw());
  }

  /** Starts with an empty layer over a picture, or on white. */
  begin(kind: PaintKind, size: { readonly width: number; readonly height: number }, picture?: Frame): void {
    this.#kind = kind;
    this.#size = { width: size.width, height: size.height };
    this.#scale = Math.max(1, Math.ceil(leastSide / Math.max(size.width, size.height)));
    this.#strokes = [];
    this.#current = undefined;
    this.#cursor = { x: Math.floor(size.width / 2), y: Math.floor(size.height / 2) };
    for (const canvas of [this.#canvas, this.#layer]) {
      canvas.width = size.width * this.#scale;
      canvas.height = size.height * this.#scale;
    }
    markPixels(this.#canvas, size.width);
    this.#background.width = size.width;
    this.#background.height = size.height;
    if (picture !== undefined) {
      const { rgba, width, height } = picture;
      this.#background.getContext("2d")?.putImageData(new ImageData(rgba, width, height), 0, 0);
    }
    this.#redraw();
  }

  /** Whether nothing is painted. */
  get isEmpty(): boolean {
    return this.#strokes.length === 0;
  }

  /** Undoes the last stroke. */
  undo(): void {
    if (this.#strokes.pop() === undefined) return;
    this.#redraw();
    this.#listeners.onChange();
  }

  /** Undoes all strokes. */
  clear(): void {
    if (this.isEmpty) return;
    this.#strokes = [];
    this.#redraw();
    this.#listeners.onChange();
  }

  /** The mask in the given size: white where at least half of a pixel is painted, black elsewhere. */
  readMask({ width, height }: Pick<Frame, "width" | "height">): Frame {
    const alpha = shrink(this.#layer, width, height);
    const rgba = new Uint8ClampedArray(alpha.length).fill(255);
    for (let pixel = 0; pixel < width * height; pixel += 1) {
      rgba.fill((alpha[4 * pixel + 3] ?? 0) >= 128 ? 255 : 0, 4 * pixel, 4 * pixel + 3);
    }
    return { width, height, rgba };
  }

  /** The painting on its background, at the resolution of the canvas. */
  readPicture(): Frame {
    const { width, height } = this.#layer;
    const canvas = makeElement("canvas", { attributes: { width: String(width), height: String(height) } });
    const context = contextOf(canvas);
    this.#drawBackground(context);
    context.drawImage(this.#layer, 0, 0);
    return { width, height, rgba: context.getImageData(0, 0, width, height).data };
  }

  #press(event: PointerEvent): void {
    // One finger paints; more fingers zoom and scroll.
    if (!event.isPrimary || event.button !== 0) return;
    event.preventDefault();
    this.#canvas.focus({ focusVisible: false } as FocusOptions);
    this.#canvas.setPointerCapture(event.pointerId);
    this.#pointer = event.pointerId;
    this.#current = this.#makeStroke();
    this.#extend(this.#place(event));
  }

  #move(event: PointerEvent): void {
    if (event.pointerId !== this.#pointer) return;
    const events = event.getCoalescedEvents();
    for (const one of events.length > 0 ? events : [event]) this.#extend(this.#place(one));
  }

  #lift(event: PointerEvent): void {
    if (event.pointerId !== this.#pointer) return;
    this.#pointer = undefined;
    this.#endStroke();
  }

  #pressKey(event: KeyboardEvent): void {
    if (event.altKey) return;
    const isUndo = event.key.toLowerCase() === "z";
    if ((event.ctrlKey || event.metaKey) && !isUndo) return;
    const direction = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[
      event.key
    ];
    if (direction !== undefined) this.#step(direction as [number, number], event.shiftKey);
    else if (event.key === " ") this.#dab();
    else if (isUndo) this.undo();
    else return;
    event.preventDefault();
  }

  #step([right, down]: readonly [right: number, down: number], paints: boolean): void {
    const from = this.#cursor;
    this.#cursor = {
      x: Math.min(this.#size.width - 1, Math.max(0, from.x + right)),
      y: Math.min(this.#size.height - 1, Math.max(0, from.y + down)),
    };
    if (paints) {
      this.#current = this.#makeStroke();
      this.#extend(this.#dabAt(from));
      this.#extend(this.#dabAt(this.#cursor));
      this.#endStroke();
    } else {
      this.#draw();
    }
    this.#listeners.onSay(
      `column ${this.#cursor.x + 1}, row ${this.#cursor.y + 1}${paints ? ", painted" : ""}`,
    );
  }

  #dab(): void {
    this.#current = this.#makeStroke();
    this.#extend(this.#dabAt(this.#cursor));
    this.#endStroke();
    this.#listeners.onSay(this.isErasing ? "erased" : "painted");
  }

  #dabAt({ x, y }: { readonly x: number; readonly y: number }): Dab {
    return {
      x: (x + 0.5) * this.#scale,
      y: (y + 0.5) * this.#scale,
      radius: (this.brushSize * this.#scale) / 2,
    };
  }

  #place(event: PointerEvent): Dab {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    // A pen paints wider with more pressure.
    const pressure = event.pointerType === "pen" ? 0.4 + 1.2 * event.pressure : 1;
    const dab = {
      x: ((event.clientX - left) / width) * this.#canvas.width,
      y: ((event.clientY - top) / height) * this.#canvas.height,
      radius: (pressure * this.brushSize * this.#scale) / 2,
    };
    this.#cursor = {
      x: Math.min(this.#size.width - 1, Math.max(0, Math.floor(dab.x / this.#scale))),
      y: Math.min(this.#size.height - 1, Math.max(0, Math.floor(dab.y / this.#scale))),
    };
    return dab;
  }

  #makeStroke(): Stroke {
    return { dabs: [], color: this.#kind === "mask" ? maskColor : this.color, erases: this.isErasing };
  }

  #extend(dab: Dab): void {
    if (this.#current === undefined) return;
    const before = this.#current.dabs.at(-1);
    this.#current.dabs.push(dab);
    paintSegment(contextOf(this.#layer), this.#current, before ?? dab, dab);
    this.#draw();
  }

  #endStroke(): void {
    if (this.#current === undefined) return;
    this.#strokes.push(this.#current);
    this.#current = undefined;
    this.#draw();
    this.#listeners.onChange();
  }

  #redraw(): void {
    const context = contextOf(this.#layer);
    context.clearRect(0, 0, this.#layer.width, this.#layer.height);
    for (const stroke of this.#strokes) {
      for (const [index, dab] of stroke.dabs.entries()) {
        paintSegment(context, stroke, stroke.dabs[Math.max(0, index - 1)] ?? dab, dab);
      }
    }
    this.#draw();
  }

  #draw(): void {
    const context = contextOf(this.#canvas);
    this.#drawBackground(context);
    context.globalAlpha = this.#kind === "mask" ? 0.62 : 1;
    context.drawImage(this.#layer, 0, 0);
    context.globalAlpha = 1;
    if (!this.#canvas.matches(":focus-visible")) return;
    const { x, y, radius } = this.#dabAt(this.#cursor);
    for (const [color, width] of [
      ["#ffffff", 4],
      ["#17181a", 2],
    ] as const) {
      context.strokeStyle = color;
      context.lineWidth = width;
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.stroke();
    }
  }

  #drawBackground(context: CanvasRenderingContext2D): void {
    const { width, height } = context.canvas;
    context.fillStyle = "#ffffff";
    context.fillRect(0, 0, width, height);
    context.imageSmoothingEnabled = false;
    context.drawImage(this.#background, 0, 0, width, height);
  }
}

function paintSegment(
  context: CanvasRenderingContext2D,
  { color, erases }: Stroke,
  from: Dab,
  to: Dab,
): void {
  context.globalCompositeOperation = erases ? "destination-out" : "source-over";
  context.strokeStyle = color;
  context.lineCap = "round";
  context.lineWidth = 2 * to.radius;
  context.beginPath();
  context.moveTo(from.x, from.y);
  // A line of zero length draws a dot.
  context.lineTo(to.x, to.y);
  context.stroke();
  context.globalCompositeOperation = "source-over";
}

/** Shrinks a canvas, averaging the area of each pixel. */
function shrink(source: HTMLCanvasElement, width: number, height: number): Uint8ClampedArray {
  const canvas = makeElement("canvas", { attributes: { width: String(width), height: String(height) } });
  const context = contextOf(canvas);
  context.imageSmoothingQuality = "high";
  context.drawImage(source, 0, 0, width, height);
  return context.getImageData(0, 0, width, height).data;
}

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("This browser gives no canvas to draw on.");
  return context;
}
