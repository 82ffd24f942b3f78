/** So many random numbers of 32 bits. */
export function randomText(numbers: number): string {
  return crypto.getRandomValues(new Uint32Array(numbers)).join("-");
}
