/**
 * Keeps the size of one screen pixel in the custom property `--device-pixel`, so that styles can enlarge an image by
 * whole numbers. It changes with the zoom level, and when the window moves to another screen.
 */
export function watchDevicePixel(): void {
  document.documentElement.style.setProperty("--device-pixel", `${1 / devicePixelRatio}px`);
  matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener("change", watchDevicePixel, {
    once: true,
  });
}
