/** Seeded chance: the same seed gives the same numbers, on every machine. */
export class Chance {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** `name` makes independent streams of one seed, so that drawing more in one place changes nothing in another. */
  constructor(seed: number, name = "") {
    this.#a = seed >>> 0;
    this.#b = Math.floor(seed / 2 ** 32) >>> 0;
    this.#c = 0x9e3779b9;
    for (const character of name) this.#c = Math.imul(this.#c ^ character.charCodeAt(0), 0x01000193) >>> 0;
    for (let round = 0; round < 12; round += 1) this.next();
  }

  /** From 0 to 1, as `Math.random` gives it (the generator is sfc32). */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter) >>> 0;
    this.#counter = (this.#counter + 1) >>> 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) >>> 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) >>> 0;
    return sum / 2 ** 32;
  }

  /** A number from `least` to below `most`. */
  between(least: number, most: number): number {
    return least + this.next() * (most - least);
  }

  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** Whether something of probability `likely` happens. */
  happens(likely: number): boolean {
    return this.next() < likely;
  }

  /** One of several. Throws RangeError when there is none. */
  oneOf<Value>(values: readonly Value[]): Value {
    if (values.length === 0) throw new RangeError("there is nothing to choose from");
    return values[Math.floor(this.next() * values.length)] as Value;
  }
}
