/**
 * Keeps the length of one pixel of the screen in the custom property `--device-pixel`, so that styles can enlarge an
 * image by whole numbers. It changes with the zoom, and with the screen that a window is moved to.
 */
export function watchDevicePixel(): void {
  document.documentElement.style.setProperty("--device-pixel", `${1 / devicePixelRatio}px`);
  matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener("change", watchDevicePixel, {
    once: true,
  });
}
