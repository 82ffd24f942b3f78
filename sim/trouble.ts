/** A failure of the store that a world has asked for: the product may tell its application of it. */
export class Trouble extends Error {
  override readonly name = "Trouble";
}

/** Whether an error comes of one. */
export function isTrouble(error: unknown): boolean {
  return error instanceof Trouble || (error instanceof Error && isTrouble(error.cause));
}
