import { OutgoingCall } from "./outgoing-call.ts";
import { RpcPeer } from "./rpc-peer.ts";
import type { RequestDefinition, RequestKind } from "../contract/message-kind.ts";
import { validate } from "../contract/schema.ts";

/** Declares a message that is answered once, with `output` or an error. Each half carries the code only when it is used. */
export function request<const D extends RequestDefinition>(definition: D): RequestKind<D> {
  const { input, output, errors = {} } = definition;
  return {
    t: "request",
    definition,
    createPeer: (options) => new RpcPeer(options),
    start: (asker, data, options) =>
      new Promise((resolve, reject) => {
        const asked = new OutgoingCall(asker, data, options, errors, {
          received(frame) {
            if (frame.t !== "reply") return;
            asked.close();
            resolve(new Promise((checked) => checked(validate(output, frame.data))));
          },
          failed: reject,
        });
      }),
    serve(call) {
      const gone = new AbortController();
      return {
        receive(frame) {
          if (frame !== undefined && frame.t !== "cancel") return;
          call.close();
          gone.abort();
        },
        async run(data, deadline, handle) {
          if (gone.signal.aborted) return;
          const reply = await handle(await validate(input, data), { signal: gone.signal, deadline });
          call.send(call.write({ t: "reply", data: reply }), ({ code, message }) =>
            call.write({ t: "error", code, message }),
          );
          call.close();
        },
      };
    },
  };
}
