/** The room that the page's address names (`/#lobby`), or nothing. */
export function roomInAddress(): string {
  const fragment = location.hash.slice(1);
  try {
    return decodeURIComponent(fragment).trim();
  } catch {
    return fragment; // a stray % that nobody encoded
  }
}

/** The address of a room, to go to or to give away. */
export function addressOf(room: string): string {
  return `#${encodeURIComponent(room)}`;
}
