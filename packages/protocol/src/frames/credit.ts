/** So many events, of so many bytes in all. */
export interface Credit {
  /** How many events. */
  readonly messages: number;
  /** The bytes of all of them together. */
  readonly bytes: number;
}

/** Whether `used` leaves no credit for another event. The last event may exceed the bytes. */
export function isExhausted(credit: Credit, used: Credit): boolean {
  return used.messages >= credit.messages || used.bytes >= credit.bytes;
}
