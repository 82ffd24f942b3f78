/** The part of `reconnecting-websocket` that the client uses. */
// oxlint-disable-next-line import/no-default-export -- as the library has it
export default class ReconnectingWebSocket {
  /** Makes an instance of `WebSocket` in the next macrotask, and another one after the `close` event of each. */
  constructor(
    /** Called before each instance is made. */
    url: () => Promise<string>,
    options: {
      /** The class of the instances. */
      readonly WebSocket: object;
    },
  );
}
