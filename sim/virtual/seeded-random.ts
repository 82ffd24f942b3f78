/** A seeded random number generator: the same seed gives the same numbers on every machine. */
export class SeededRandom {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** One seed has an independent stream for each `name`: a draw from one stream changes no other stream. */
  constructor(seed: number, name = "") {
    this.#a = seed >>> 0;
    this.#b = Math.floor(seed / 2 ** 32) >>> 0;
    this.#c = 0x9e3779b9;
    for (const character of name) this.#c = Math.imul(this.#c ^ character.charCodeAt(0), 0x01000193) >>> 0;
    for (let round = 0; round < 12; round += 1) this.next();
  }

  /** A number from 0 to below 1, as `Math.random` gives it. The generator is sfc32. */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter) >>> 0;
    this.#counter = (this.#counter + 1) >>> 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) >>> 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) >>> 0;
    return sum / 2 ** 32;
  }

  /** A number from `min` to below `max`. */
  between(min: number, max: number): number {
    return min + this.next() * (max - min);
  }

  /** An integer from `min` to `max`, both included. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /**
   * One of the values.
   * @throws RangeError when there are no values.
   */
  pick<Value>(values: readonly Value[]): Value {
    if (values.length === 0) throw new RangeError("pick() needs at least one value");
    return values[Math.floor(this.next() * values.length)] as Value;
  }
}
