import type { IncomingMessage, Server as HttpServer } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { sharedByCopies } from "../request/copies.ts";
import type { Clock } from "../timing/clock.ts";
import { nextTurn } from "../timing/next-turn.ts";
import { isWebSocketUpgrade, NodeHandshake } from "./handshake.ts";
import { afterResponses, serveAsHttp } from "./http.ts";
import { NetworkCounter, networkOf } from "./networks.ts";

/** One upgrade as it arrived. */
export interface Upgrade {
  /** The request as Node has read it. */
  readonly incoming: IncomingMessage;
  /** Its connection, from which Node reads no more. */
  readonly socket: Socket;
  /** The first bytes after the request. */
  readonly head: Buffer;
  /** The handshake; undefined when its target or headers are invalid, and when it asks for no WebSocket. */
  readonly handshake: NodeHandshake | undefined;
}

/** An app that answers WebSocket handshakes of a server. */
export interface UpgradeTarget {
  /** The time of the deadline. */
  readonly clock: Clock;
  /** How long other listeners may take to answer an upgrade at a path that no app has, in ms. */
  readonly timeout: number;
  /** How many upgrades may wait for other listeners. */
  readonly pending: number;
  /** How many of them may come from one address. */
  readonly perAddress: number;
  /** Whether a WebSocket route is at this path. */
  readonly serves: (pathname: string) => boolean;
  /** Accepts or refuses. */
  readonly answer: (upgrade: Upgrade) => void;
}

/** For all copies of this package: two listeners of ours would wait for each other. */
const listeners = sharedByCopies("upgrade-listeners", () => new WeakMap<HttpServer, UpgradeListener>());

/**
 * Lets an app answer the WebSocket handshakes of a server. Of all apps on the server exactly one answers each handshake.
 * @returns takes the app away.
 */
export function listenToUpgrades(server: HttpServer, target: UpgradeTarget): () => void {
  const listener = listeners.get(server) ?? new UpgradeListener(server);
  listeners.set(server, listener);
  return listener.add(target);
}

/** Gives each upgrade of a server to one owner: to the app that has its path, to another listener, or to the first app. */
class UpgradeListener {
  readonly #server: HttpServer;
  readonly #targets: UpgradeTarget[] = [];
  /** What answers the upgrades that wait for other listeners. */
  readonly #waiting = new Set<() => void>();
  readonly #waitingOf = new NetworkCounter();

  constructor(server: HttpServer) {
    this.#server = server;
  }

  add(target: UpgradeTarget): () => void {
    // Before other listeners: one that answers later finds the socket as it was.
    if (this.#targets.length === 0) this.#server.prependListener("upgrade", this.#receive);
    this.#targets.push(target);
    return () => {
      if (this.#targets.length === 1) {
        this.#server.off("upgrade", this.#receive);
        for (const answer of this.#waiting) answer();
      }
      this.#targets.splice(this.#targets.indexOf(target), 1);
    };
  }

  readonly #receive = (incoming: IncomingMessage, _socket: Duplex, head: Buffer): void => {
    const { socket } = incoming; // the same one, by its class
    if (isTaken(socket)) return;
    // Until the handshake is accepted there is no other listener: a reset would end the process.
    socket.on("error", destroy);
    const handshake = isWebSocketUpgrade(incoming) ? NodeHandshake.read(incoming) : undefined;
    handshake?.watch(socket);
    afterResponses(socket, () => this.#assign({ incoming, socket, head, handshake }));
  };

  #assign(upgrade: Upgrade): void {
    const { socket, handshake } = upgrade;
    if (isTaken(socket)) return; // while earlier requests of the connection were answered
    if (this.#targets.length === 0) return void socket.destroy();
    const owner = handshake && this.#ownerOf(handshake);
    if (owner !== undefined) owner.answer(upgrade);
    else if (this.#server.listenerCount("upgrade") === 1) this.#answer(upgrade);
    else void this.#letOthersAnswer(upgrade);
  }

  #ownerOf({ url: { pathname } }: NodeHandshake): UpgradeTarget | undefined {
    return this.#targets.find((target) => target.serves(pathname));
  }

  /** Answers an upgrade that has no owner: a WebSocket as its first app does, another protocol as plain HTTP. */
  #answer(upgrade: Upgrade): void {
    if (isWebSocketUpgrade(upgrade.incoming)) this.#targets[0]?.answer(upgrade);
    else serveAsHttp(this.#server, upgrade);
  }

  /** Answers when no other listener has in time: neither has it taken the socket. */
  async #letOthersAnswer(upgrade: Upgrade): Promise<void> {
    const { socket } = upgrade;
    const written = socket.bytesWritten;
    await nextTurn(); // those that answer at once have answered then
    const [first] = this.#targets;
    if (isTaken(socket)) return;
    if (first === undefined) return void socket.destroy();
    const network = networkOf(socket.remoteAddress ?? "");
    const isFull = this.#waitingOf.total >= first.pending || this.#waitingOf.of(network) >= first.perAddress;
    this.#waitingOf.add(network);
    const settle = (): void => {
      if (!this.#waiting.delete(settle)) return;
      cancelDeadline();
      this.#waitingOf.remove(network);
      socket.off("close", settle);
      if (!isTaken(socket) && socket.bytesWritten === written) this.#answer(upgrade);
    };
    const cancelDeadline = first.clock.after(first.timeout, settle);
    this.#waiting.add(settle);
    socket.once("close", settle);
    if (isFull) settle();
  }
}

function destroy(this: Socket): void {
  this.destroy();
}

/** The handshake is accepted: from now on `ws` ends the socket after an error. */
export function leaveErrorsToWs(socket: Socket): void {
  socket.off("error", destroy);
}

/** Whether a listener reads a socket, or has ended it. Node gives it to the listeners without a reader. */
function isTaken(socket: Socket): boolean {
  return (
    socket.destroyed ||
    socket.writableEnded ||
    socket.readableFlowing !== null ||
    socket.listenerCount("data") + socket.listenerCount("readable") > 0
  );
}
