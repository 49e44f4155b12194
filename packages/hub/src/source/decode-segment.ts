/** A segment of a URL's path with its percent signs resolved, as it stands where they are not of the form. */
export function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
