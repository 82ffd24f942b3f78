/** What must hold of a server behind a proxy with TLS. */
import { request } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { WebSocket } from "ws";

/** Where the proxy listens. */
export interface ProxyAddress {
  /** The host that its certificate names. */
  readonly host: string;
  readonly port: number;
  /** Its certificate, which the checks trust. */
  readonly certificate: string;
  /** How long it may take to listen, in ms. */
  readonly startTimeout: number;
}

/** The names of the checks. */
export const proxyChecks = [
  "HTTP",
  "echo",
  "origin",
  "cookie",
  "address",
  "forged address",
  "host",
  "ticket",
];

interface Handshake {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The address of this machine that the client connects from. @default one that no other client has */
  readonly from?: string;
  /** The `Host` header. */
  readonly host?: string;
}

/**
 * Checks a proxy, and returns the names of the checks.
 * @throws Error for the first check that fails.
 */
export async function checkProxy(proxy: ProxyAddress): Promise<readonly string[]> {
  await listening(proxy);
  const authority = `${proxy.host}:${proxy.port}`;
  const origin = `https://${authority}`;
  const passed: string[] = [];
  const check = (name: string, actual: unknown, expected: unknown): void => {
    const [a, b] = [actual, expected].map((value) => JSON.stringify(value));
    if (a !== b) throw new Error(`${name}: expected ${b}, got ${a}`);
    if (!passed.includes(name)) passed.push(name);
  };
  let addresses = 10;
  const open = (handshake: Handshake): Promise<WebSocket | number> =>
    openWebSocket(proxy, { from: `127.0.0.${(addresses += 1)}`, ...handshake });
  /** The status of a handshake; a socket that opens is closed again. */
  const statusOf = async (handshake: Handshake): Promise<number> => {
    const socket = await open(handshake);
    if (typeof socket === "number") return socket;
    await closed(socket);
    return 101;
  };

  check("HTTP", (await fetchFrom(proxy, "GET", "/echo", {})).status, 426);

  const echo = await open({ path: "/echo" });
  if (typeof echo === "number") throw new Error(`echo: refused with ${echo}`);
  for (const text of ["short", "x".repeat(60_000)]) {
    const received = new Promise((resolve) =>
      echo.once("message", (data: Buffer) => resolve(data.toString())),
    );
    echo.send(text);
    check("echo", await received, text);
  }
  await closed(echo);

  for (const [from, status] of [
    [origin, 101],
    [`http://${authority}`, 403], // the scheme that the proxy reports is https
    ["https://evil.example", 403],
  ] as const)
    check("origin", await statusOf({ path: "/echo", headers: { origin: from, cookie: "user=ada" } }), status);
  check("cookie", await statusOf({ path: "/echo", headers: { cookie: "user=ada" } }), 403);

  // The server allows two for each address.
  const echoFromOne = { path: "/echo", from: "127.0.0.2" };
  const two = [await open(echoFromOne), await open(echoFromOne)];
  check("address", await statusOf(echoFromOne), 429);
  check("address", await statusOf({ path: "/echo", from: "127.0.0.3" }), 101);
  const headers = { "x-forwarded-for": "192.0.2.1", "x-forwarded-proto": "http" };
  check("forged address", await statusOf({ ...echoFromOne, headers }), 429);
  for (const socket of two) if (typeof socket !== "number") await closed(socket);

  const foreign = await statusOf({ path: "/echo", host: `evil.example:${proxy.port}` });
  check("host", foreign !== 101, true); // a proxy that does not know the host may answer by itself

  const asked = await fetchFrom(proxy, "POST", "/ticket", { cookie: "user=ada", origin });
  const { ticket } = JSON.parse(asked.body) as { readonly ticket: string };
  const member = { path: `/raw?ticket=${ticket}`, headers: { origin } };
  check("ticket", await statusOf(member), 101);
  check("ticket", await statusOf(member), 401);
  return passed;
}

async function listening({ port, startTimeout, host, certificate }: ProxyAddress): Promise<void> {
  const deadline = Date.now() + startTimeout;
  for (;;) {
    const opened = await new Promise<boolean>((resolve) => {
      const socket = connectTls({ port, host: "127.0.0.1", servername: host, ca: certificate });
      socket.once("secureConnect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("secureConnect", () => socket.destroy());
    });
    if (opened) return;
    if (Date.now() > deadline) throw new Error(`it does not listen after ${startTimeout} ms`);
    await sleep(50);
  }
}

/** Opens a WebSocket. Resolves with the status that refuses it. */
function openWebSocket(
  { host, port, certificate }: ProxyAddress,
  { path, headers, from, host: header = `${host}:${port}` }: Handshake,
): Promise<WebSocket | number> {
  return new Promise((resolve, reject) => {
    const options = {
      headers: { ...headers, host: header },
      servername: host,
      ca: certificate,
      ...(from !== undefined && { localAddress: from }),
    };
    const socket = new WebSocket(`wss://127.0.0.1:${port}${path}`, options);
    socket.once("open", () => resolve(socket));
    socket.once("unexpected-response", (_request, response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    socket.once("error", reject);
  });
}

async function closed(socket: WebSocket): Promise<void> {
  if (socket.readyState === WebSocket.CLOSED) return;
  const end = new Promise((resolve) => socket.once("close", resolve));
  socket.close();
  await end;
}

function fetchFrom(
  { host, port, certificate }: ProxyAddress,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const options = {
      host: "127.0.0.1",
      port,
      path,
      method,
      servername: host,
      ca: certificate,
      agent: false,
    };
    const sent = request({ ...options, headers: { ...headers, host: `${host}:${port}` } }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.once("end", () => resolve({ status: response.statusCode ?? 0, body }));
    });
    sent.once("error", reject).end();
  });
}
