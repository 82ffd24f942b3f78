import { isThenable } from "../async/thenable.ts";
import type { RequestDefinition, RequestKind } from "../contract/message-kind.ts";
import { validate } from "../contract/schema.ts";
import { OutgoingCall } from "./outgoing-call.ts";
import { RpcPeer } from "./rpc-peer.ts";

/**
 * Declares a message that has one reply: `output`, or an error.
 * @example
 * const history = request({ input: z.object({ limit: z.number() }), output: z.array(z.string()) });
 */
export function request<const D extends RequestDefinition>(definition: D): RequestKind<D> {
  const { input, output, errors = {} } = definition;
  return {
    t: "request",
    definition,
    createPeer: (options) => new RpcPeer(options),
    start: (starter, data, options) =>
      new Promise((resolve, reject) => {
        const call = new OutgoingCall(starter, data, options, errors, {
          received(frame) {
            if (frame.t !== "reply") return;
            call.close();
            resolve(new Promise((checked) => checked(validate(output, frame.data))));
          },
          failed: reject,
        });
      }),
    serve(channel) {
      let made: AbortController | undefined;
      /** Made when the call is cancelled, or its signal is read: few handlers read it. */
      const abort = (): AbortController => (made ??= new AbortController());
      return {
        receive(frame) {
          if (frame !== undefined && frame.t !== "cancel") return;
          channel.close();
          abort().abort();
        },
        run({ data, deadline, s }, handler) {
          if (made) return undefined; // cancelled
          const call = (valid: unknown): unknown =>
            handler(valid, {
              get signal() {
                return abort().signal;
              },
              deadline,
              s,
            });
          const reply = (value: unknown): void => {
            const written = channel.write({ t: "reply", data: value });
            if (channel.close())
              channel.answer(written, ({ code, message }) => channel.write({ t: "error", code, message }));
          };
          const valid = validate(input, data);
          const result = isThenable(valid) ? valid.then(call) : call(valid);
          return isThenable(result) ? result.then(reply) : reply(result);
        },
      };
    },
  };
}
