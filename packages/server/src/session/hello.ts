import { CloseCode, ProtocolError } from "@symbolon/protocol";
import { type Hello, jsonFrames, VERSION, type Wire } from "@symbolon/protocol/internal";
import type { Clock } from "../timing/clock.ts";
import { readFrame } from "./read-frame.ts";

/** How long a client may take to say `hello`, in ms. */
const patience = 5_000;

/** What a client may say before it is known, in bytes. */
const most = 16 * 1024;

/** Waits for a session's first frame. Resolves with undefined when it did not come: the wire is then closed. */
export function readHello(wire: Wire, clock: Clock): Promise<Hello | undefined> {
  return new Promise((resolve) => {
    const settle = (hello: Hello | undefined): void => {
      stop();
      wire.listen(undefined); // what follows is kept for whoever speaks next
      resolve(hello);
    };
    const refuse = (code: number, reason: string): void => {
      wire.close(code, reason);
      settle(undefined);
    };
    const stop = clock.after(patience, () => refuse(CloseCode.NoHello, "no hello in time"));
    wire.listen({
      message: (message) => {
        try {
          if (Buffer.byteLength(message) > most) throw new ProtocolError(`hello has at most ${most} bytes`);
          const frame = readFrame(message, jsonFrames);
          if (frame.t !== "hello") refuse(CloseCode.Unauthorized, "say hello first");
          else if (frame.v !== VERSION) refuse(CloseCode.BadRequest, `this server speaks version ${VERSION}`);
          else settle(frame);
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error;
          refuse(error.closeCode, error.message);
        }
      },
      closed: () => settle(undefined),
    });
  });
}
