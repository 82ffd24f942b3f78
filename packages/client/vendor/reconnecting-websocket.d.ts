/** What the client uses of `reconnecting-websocket`. */
// oxlint-disable-next-line import/no-default-export -- as the library has it
export default class ReconnectingWebSocket {
  /** Makes an instance of `WebSocket`, and another one after the `close` event of each. */
  constructor(
    url: string,
    protocols: string[],
    options: {
      readonly WebSocket: object;
      readonly minReconnectionDelay: number;
      readonly reconnectionDelayGrowFactor: number;
      readonly connectionTimeout: number;
    },
  );
  /** Makes no more. */
  close(): void;
}
