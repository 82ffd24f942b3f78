import { clientFrame, type Opcode, opcodes, serverFrame } from "./client-frames.ts";

/** One message with the answer that the server owes for it. */
export interface Pair {
  readonly request: string | Buffer;
  readonly response: string | Buffer;
}

/** Messages that a connection sends one after another, again and again, and the bytes that have to come back. */
export class Ring {
  /** How many messages it has. */
  readonly length: number;
  /** All answers. */
  readonly responses: Buffer;
  /** Where each answer ends in `responses`. */
  readonly responseEnds: readonly number[];
  /** All messages, twice: so many of them as the ring has can be sent from each place in one piece. */
  readonly #requests: Buffer;
  readonly #requestStarts: readonly number[];

  constructor(pairs: readonly Pair[], opcode: Opcode = opcodes.text) {
    this.length = pairs.length;
    const requests = pairs.map(({ request }) => clientFrame(request, opcode));
    const responses = pairs.map(({ response }) => serverFrame(response, opcode));
    this.#requests = Buffer.concat([...requests, ...requests]);
    this.#requestStarts = [0, ...endsOf([...requests, ...requests])];
    this.responses = Buffer.concat(responses);
    this.responseEnds = endsOf(responses);
  }

  /** The bytes of `count` messages, from the message `from` on. */
  requests(from: number, count: number): Buffer {
    return this.#requests.subarray(this.#requestStarts[from], this.#requestStarts[from + count]);
  }
}

function endsOf(parts: readonly Buffer[]): number[] {
  let end = 0;
  return parts.map((part) => (end += part.length));
}
