import { quantile } from "../chaos/report.ts";
import { Sequence, sumOf, type Verdict } from "../chaos/sequence-check.ts";
import { type ReceivedMessage, textOf } from "./numbered-messages.ts";

/** A page's recovery from a fault: from the fault's end until the page receives a message that was sent after it. */
export type Recovery = {
  /** When the fault ended, in ms since 1970. */
  readonly since: number;
  /** Who sends the message that ends the recovery. */
  readonly from: string;
  /** The last number that this person had sent before. */
  readonly after: number;
};

/** Numbers the messages in rooms in which every page receives every message, and checks what the pages have received. */
export class DeliveryFigures {
  /** How many messages each person has sent in the present room. */
  readonly #sent = new Map<string, number>();
  /** The messages around a kill of the server. The server may handle and send one of these twice. */
  readonly #aroundKills = new Set<string>();
  readonly #verdicts: Verdict[] = [];
  /** How long the recoveries took, in ms. */
  readonly #recoveryTimes: number[] = [];
  #messageCount = 0;
  #handledAgain = 0;

  /** Starts another room: its messages are numbered from 1. */
  startRoom(): void {
    this.#sent.clear();
    this.#aroundKills.clear();
  }

  /** The text of a person's next message. */
  nextText(from: string, isAroundKill = false): string {
    this.#messageCount += 1;
    this.#sent.set(from, this.sentBy(from) + 1);
    const text = textOf({ from, number: this.sentBy(from) });
    if (isAroundKill) this.#aroundKills.add(text);
    return text;
  }

  /** How many messages a person has sent in the present room. */
  sentBy(name: string): number {
    return this.#sent.get(name) ?? 0;
  }

  /** The texts of each person's last message. */
  get lastTexts(): string[] {
    return Array.from(this.#sent, ([from, number]) => textOf({ from, number }));
  }

  /** Checks which messages of the present room a person's page has received, and measures its recoveries. */
  check(name: string, received: readonly ReceivedMessage[], recoveries: readonly Recovery[] = []): void {
    for (const [from, sentCount] of this.#sent) {
      const messages = received.filter((message) => message.from === from);
      this.#verdicts.push(this.#sequenceOf(messages).verdict(`${from}, received by ${name}`, sentCount));
    }
    for (const { since, from, after } of recoveries) {
      const first = received.find((message) => message.from === from && message.number > after);
      if (first) this.#recoveryTimes.push(Math.max(0, first.at - since));
    }
  }

  /** How many messages of all rooms were lost, duplicated or reordered. */
  get verdict(): Verdict {
    return sumOf(this.#verdicts);
  }

  /** The figures in one line. */
  toString(): string {
    const { lost, duplicated, reordered } = this.verdict;
    const secondsAt = (part: number): string =>
      `${(quantile(this.#recoveryTimes, part) / 1_000).toFixed(1)} s`;
    return [
      `${this.#messageCount} messages`,
      `lost ${lost}`,
      `duplicated ${duplicated}`,
      `reordered ${reordered}`,
      `handled again after a kill ${this.#handledAgain}`,
      `recovery p50 ${secondsAt(0.5)}`,
      `p99 ${secondsAt(0.99)} (${this.#recoveryTimes.length})`,
    ].join(", ");
  }

  /** Leaves out a message that a killed server has handled again: the page received it once more, on another socket. */
  #sequenceOf(messages: readonly ReceivedMessage[]): Sequence {
    const sequence = new Sequence();
    const socketsOf = new Map<number, number[]>();
    for (const message of messages) {
      const sockets = socketsOf.get(message.number) ?? [];
      socketsOf.set(message.number, [...sockets, message.socket]);
      const isAgain = sockets.length === 1 && !sockets.includes(message.socket);
      if (isAgain && this.#aroundKills.has(textOf(message))) this.#handledAgain += 1;
      else sequence.add(message.number);
    }
    return sequence;
  }
}
