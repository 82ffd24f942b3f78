import { contract } from "@symbolon/protocol";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import { createApp, listen } from "../../src/index.ts";
import { metrics } from "../../src/monitor/index.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { waitOptions } from "../../../../test/time-limits.ts";
import { connectSession, hello, receiveFrame } from "../session/connect-session.ts";

/** An app with metrics, and how to read them. */
function startApp(options: Parameters<typeof createApp>[0] = {}) {
  const app = createApp({ onError: () => {}, ...options });
  app.http("/metrics", metrics(app));
  app.ws(
    "/echo/:room",
    listen((message) => message),
  );
  const net = testNetwork(app);
  /** The samples whose names begin so. */
  const read = async (name: string): Promise<string[]> => {
    const text = await (await net.fetch("/metrics")).text();
    return text.split("\n").filter((line) => line.startsWith(`symbolon_${name}`));
  };
  return { app, net, read };
}

test("an app that has done nothing has its gauges and no series of routes", async () => {
  const { net } = startApp();
  const response = await net.fetch("/metrics");
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const lines = (await response.text()).split("\n");
  expect(lines.filter((line) => !line.startsWith("#"))).toEqual([
    "symbolon_connected_clients 0",
    "symbolon_detached_sessions 0",
    "symbolon_detached_bytes 0",
    "symbolon_pending_handshakes 0",
    "symbolon_draining 0",
    'symbolon_sessions_total{began="new"} 0',
    'symbolon_sessions_total{began="resumed"} 0',
    'symbolon_sessions_total{began="reset"} 0',
    "",
  ]);
});

test("messages and bytes count in both directions, by the route as it was declared", async () => {
  const { net, read } = startApp();
  for (const room of ["a", "b"]) {
    const socket = await net.connect(`/echo/${room}`);
    socket.send("é");
    await socket.receive();
    socket.close(1000);
    await socket.closed;
  }
  expect(await read("connections")).toEqual(['symbolon_connections_total{route="/echo/:room"} 2']);
  expect(await read("message")).toEqual([
    'symbolon_messages_total{route="/echo/:room",direction="received"} 2',
    'symbolon_messages_total{route="/echo/:room",direction="sent"} 2',
    'symbolon_message_bytes_total{route="/echo/:room",direction="received"} 4',
    'symbolon_message_bytes_total{route="/echo/:room",direction="sent"} 4',
  ]);
  expect(await read("closes")).toEqual(['symbolon_closes_total{route="/echo/:room",code="1000"} 2']);
});

test("codes that a client chooses are one series", async () => {
  const { net, read } = startApp();
  for (const code of [3000, 3001, 4999, 1001]) {
    const socket = await net.connect("/echo/a");
    socket.close(code);
    await socket.closed;
  }
  expect(await read("closes")).toEqual([
    'symbolon_closes_total{route="/echo/:room",code="other"} 3',
    'symbolon_closes_total{route="/echo/:room",code="1001"} 1',
  ]);
});

test("refusals count by status, and those of the server by their check; unknown paths are one route", async () => {
  const { app, net, read } = startApp({ security: { origins: ["https://a.example"] } });
  app.group(() => new Response("no", { status: 401 })).ws("/secret", () => {});
  for (const path of ["/secret", "/none/1", "/none/2"])
    await expect(net.connect(path)).rejects.toThrow(path === "/secret" ? "401" : "404");
  const headers = { origin: "https://evil.example" };
  await expect(net.connect("/echo/a", { headers })).rejects.toThrow("403");
  expect(await read("handshakes_refused")).toEqual([
    'symbolon_handshakes_refused_total{route="/secret",status="401"} 1',
    'symbolon_handshakes_refused_total{route="unknown",status="404"} 2',
    'symbolon_handshakes_refused_total{route="/echo/:room",status="403"} 1',
  ]);
  expect(await read("refused_total")).toEqual([
    'symbolon_refused_total{check="path"} 2',
    'symbolon_refused_total{check="security.origins"} 1',
  ]);
});

test("sessions count by how they began, those of a mounted app too", async () => {
  const { app, net, read } = startApp();
  const inner = createApp();
  const notes = contract("/notes", { client: { post: z.string() }, server: {} });
  inner.implement(notes, () => ({ post: () => {} }));
  app.mount("/v1", inner);
  const socket = await connectSession(net, "/v1/notes");
  const { sid, rt, ep } = (await receiveFrame(socket)) as Readonly<Record<string, string>>;
  socket.close(1001);
  await vi.waitFor(
    async () => expect(await read("detached_sessions")).toEqual(["symbolon_detached_sessions 1"]),
    waitOptions,
  );
  const resumed = { ...hello, att: 2, resume: { sid, rt, ep, rx: 0, tx0: 1 } };
  await receiveFrame(await connectSession(net, "/v1/notes", resumed));
  expect(await read("sessions_total")).toEqual([
    'symbolon_sessions_total{began="new"} 1',
    'symbolon_sessions_total{began="resumed"} 1',
    'symbolon_sessions_total{began="reset"} 0',
  ]);
  expect(await read("connections_total")).toEqual(['symbolon_connections_total{route="/v1/notes"} 2']);
});

test("an app that another function has made has no metrics", () => {
  expect(() => metrics({} as never)).toThrow(TypeError);
});
