import { CloseCode, type FrameCodec, ProtocolError } from "@symbolon/protocol";
import {
  byteLength,
  type Credit,
  decodeHello,
  encodeWelcome,
  type Frame,
  fromClient,
  type Hello,
  jsonFrames,
  type Session,
  type Welcome,
  type Wire,
} from "@symbolon/protocol/internal";
import type { RenewIdentity, Verified } from "../request/identity.ts";
import type { Clock } from "../timing/clock.ts";

/** How long a client may take to send `hello`, in ms. */
const helloTimeout = 5_000;

/** The most bytes of a `hello`. */
const maxHello = 40 * 1024;

/** A wire on which `hello` has arrived, and the client's identity as the hooks found it. */
export interface IdentifiedWire extends Verified {
  readonly wire: Wire;
  readonly hello: Hello;
  readonly codec: FrameCodec;
  readonly renew: RenewIdentity;
}

/** Waits for a session's first frame. Resolves with undefined when it did not arrive: the wire is closed then. */
export function readHello(wire: Wire, clock: Clock): Promise<Hello | undefined> {
  return new Promise((resolve) => {
    const settle = (hello: Hello | undefined): void => {
      cancelTimeout();
      wire.listen(undefined); // the wire keeps what follows for its next listener
      resolve(hello);
    };
    const refuse = (code: number, reason: string): void => {
      wire.close(code, reason);
      settle(undefined);
    };
    const cancelTimeout = clock.after(helloTimeout, () => refuse(CloseCode.NoHello, "no hello in time"));
    wire.listen({
      message: (message) => {
        try {
          if (byteLength(message) > maxHello) throw new ProtocolError(`hello has at most ${maxHello} bytes`);
          const frame = jsonFrames.read(message, fromClient);
          if (frame.t === "hello") settle(decodeHello(frame));
          else refuse(CloseCode.Unauthorized, "the first frame must be hello");
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error;
          refuse(error.closeCode, error.message);
        }
      },
      closed: () => settle(undefined),
    });
  });
}

/** The events of a client that may be unfinished at the server. */
export const window: Credit = { messages: 64, bytes: 2 ** 20 };

/** The `welcome` of a session; messages of `missing` were lost with another process, and have to arrive again. */
export function createWelcome(
  { receiver }: Session,
  {
    missing,
    ...welcome
  }: Omit<Welcome, "upTo" | "pending" | "credit" | "rooms"> & { readonly missing: Iterable<number> },
  rooms: Welcome["rooms"],
): Frame {
  const { upTo } = receiver.received;
  return encodeWelcome({ ...welcome, upTo, pending: [...missing], credit: window, rooms });
}
