import type { Server as HttpServer } from "node:http";
import { BlockList, isIPv6, type Socket } from "node:net";
import { Server as TlsServer } from "node:tls";
import { Refusal } from "../../request/refusal.ts";
import type { Clock } from "../../timing/clock.ts";
import { type ProxiedClient, readProxyHeader } from "./proxy-header.ts";

/** How long a balancer may take to send its header, in ms. */
const headerTimeout = 5_000;

/**
 * Reads the PROXY header of each connection before the server gets it; then its address is that of the client. Closes a
 * connection that comes from elsewhere or begins with something else, since a client could claim any address.
 *
 * Call it when all listeners of the server's connections are added.
 *
 * @param clock measures how long a header takes.
 * @param onRefused receives why a connection is closed, and its address.
 */
export function readProxyHeaders(
  server: HttpServer,
  networks: readonly string[],
  clock: Clock,
  onRefused: (refusal: Refusal, address: string) => void,
): void {
  const trusted = listOf(networks);
  const listeners = server.listeners("connection");
  /** The clients of connections below TLS, by the address and the port of the balancer. */
  const clients = new Map<string, ProxiedClient>();
  const known = new WeakSet<Socket>();
  const isTls = server instanceof TlsServer;
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    const accept = (): void => {
      for (const listener of listeners) Reflect.apply(listener, server, [socket]);
    };
    if (known.has(socket)) return accept(); // a request that is served as HTTP after all arrives again
    known.add(socket);
    const { remoteAddress } = socket; // a Unix socket has none: only this machine reaches it
    const refuse = (reason: string): void => {
      socket.destroy();
      onRefused(new Refusal({ kind: "proxyProtocol", status: 400, reason }), remoteAddress ?? "");
    };
    if (remoteAddress !== undefined && !trusted.check(remoteAddress, isIPv6(remoteAddress) ? "ipv6" : "ipv4"))
      return refuse(
        "the connection comes from no network of `proxyProtocol`: add it, or connect by the balancer",
      );
    readHeader(socket, clock, refuse, (client) => {
      if (client !== undefined) {
        const balancer = peerOf(socket);
        if (isTls && remoteAddress !== undefined) clients.set(balancer, client);
        socket.once("close", () => clients.delete(balancer));
        nameClient(socket, client);
      }
      accept();
    });
  });
  if (isTls)
    server.prependListener("secureConnection", (socket: Socket) => {
      const client = clients.get(peerOf(socket));
      if (client !== undefined) nameClient(socket, client);
    });
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", bits] = network.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/** Reads the header; the bytes after it stay in the socket. */
function readHeader(
  socket: Socket,
  clock: Clock,
  refuse: (reason: string) => void,
  accept: (client: ProxiedClient | undefined) => void,
): void {
  let bytes = Buffer.alloc(0);
  const stop = (): void => {
    stopClock();
    socket.off("readable", read).off("close", stop);
  };
  const fail = (reason: string): void => {
    stop();
    refuse(`${reason}: let the balancer send it, or leave out \`proxyProtocol\``);
  };
  const read = (): void => {
    for (let chunk = next(socket); chunk !== null; chunk = next(socket))
      bytes = Buffer.concat([bytes, chunk]);
    try {
      const header = readProxyHeader(bytes);
      if (header === undefined) return;
      stop();
      socket.unshift(bytes.subarray(header.length));
      process.nextTick(accept, header.client); // the stream has noticed before that `read` does not listen any more
    } catch (error) {
      fail(error instanceof Error ? error.message : String(error));
    }
  };
  const stopClock = clock.after(headerTimeout, () =>
    fail(`no PROXY header has arrived within ${headerTimeout} ms`),
  );
  socket.on("error", () => socket.destroy());
  socket.on("readable", read).on("close", stop);
}

function next(socket: Socket): Buffer | null {
  return socket.read() as Buffer | null;
}

/** From now on the address of a connection is that of the client. */
function nameClient(socket: Socket, { address, port }: ProxiedClient): void {
  Object.defineProperties(socket, {
    remoteAddress: { value: address },
    remotePort: { value: port },
    remoteFamily: { value: isIPv6(address) ? "IPv6" : "IPv4" },
  });
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
