/** The name of the room in the page's address (`/#lobby`); empty when the address names none. */
export function roomFromAddress(): string {
  const fragment = location.hash.slice(1);
  try {
    return decodeURIComponent(fragment).trim();
  } catch {
    return fragment; // the user has typed a % that encodes no character
  }
}

/** The address of a room, relative to the page. */
export function addressOfRoom(room: string): string {
  return `#${encodeURIComponent(room)}`;
}
