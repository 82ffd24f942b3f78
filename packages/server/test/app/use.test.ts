import { contract, type ServerMessages } from "@symbolon/protocol";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import type { Peer } from "../../src/contract/peer.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { connectSession } from "../session/connect-session.ts";

const guard = ({ token }: { readonly token: string | undefined }): Response | undefined =>
  token === "secret" ? undefined : new Response("sign in", { status: 401 });

const chat = contract("/chat", { server: { posted: z.string() } });

/** Starts an app that declares an open route of each kind, then a guard on a line of its own, then guarded routes. */
function startGuardedApp() {
  const app = createApp({ onError: () => {} });
  const before = app.group(() => undefined);
  app.ws("/open", (socket) => socket.send("open"));
  before.ws("/open-group", (socket) => socket.send("open"));
  app.use(guard);
  app.ws("/secret", (socket) => socket.send("secret"));
  app.http("/page", () => new Response("secret"));
  app.implement(chat, (_peer: Peer<ServerMessages<typeof chat>>) => ({}));
  before.ws("/group", (socket) => socket.send("secret"));
  app.group(() => undefined).ws("/later-group", (socket) => socket.send("secret"));
  app.with({}).ws("/with", (socket) => socket.send("secret"));
  const other = createApp({ onError: () => {} });
  other.ws("/", (socket) => socket.send("secret"));
  app.mount("/other", other);
  return testNetwork(app);
}

describe("a hook that `use` adds", () => {
  // P6
  test.each(["/secret", "/chat", "/group", "/later-group", "/with", "/other", "/unknown"])(
    "guards the WebSocket at %s, which is declared after it",
    async (path) => {
      const response = await startGuardedApp().refused(path);
      expect([response.status, await response.text()]).toEqual([401, "sign in"]);
    },
  );

  test.each(["/page", "/unknown"])("guards the page at %s", async (path) => {
    const net = startGuardedApp();
    expect((await net.fetch(path)).status).toBe(401);
    expect((await net.fetch(path, { headers: { authorization: "Bearer secret" } })).status).toBe(
      path === "/page" ? 200 : 404,
    );
  });

  test("guards a session, whose token comes in hello; an unknown path closes with 4404 at once", async () => {
    const net = startGuardedApp();
    const refused = await connectSession(net, "/chat");
    expect(await refused.closed).toMatchObject({ code: 4401, reason: "sign in" });
    const unknown = await net.connect("/unknown", { protocols: ["symbolon.v1.json"] });
    expect(await unknown.closed).toMatchObject({ code: 4404 });
  });

  test.each(["/secret", "/group", "/later-group", "/with", "/other"])(
    "lets a client with the token in at %s",
    async (path) => {
      const socket = await startGuardedApp().connect(path, { auth: "secret" });
      expect(await socket.receive()).toBe("secret");
    },
  );

  test.each(["/open", "/open-group"])("does not guard %s, which was declared before", async (path) => {
    const socket = await startGuardedApp().connect(path);
    expect(await socket.receive()).toBe("open");
  });

  test("returns the same view, which knows what the hook provides; hooks run in their order", async () => {
    const app = createApp();
    const signed = app.use(() => ({ user: "Ada" })).use(({ user }) => ({ greeting: `hello, ${user}` }));
    expect(signed).toBe(app);
    signed.ws("/", (socket, { greeting }) => socket.send(greeting));
    const socket = await testNetwork(app).connect("/");
    expect(await socket.receive()).toBe("hello, Ada");
  });

  test("in a group guards the routes of that group alone", async () => {
    const app = createApp({ onError: () => {} });
    const members = app.group(() => undefined);
    members.use(guard);
    members.ws("/secret", (socket) => socket.send("secret"));
    app.ws("/open", (socket) => socket.send("open"));
    const net = testNetwork(app);
    expect((await net.refused("/secret")).status).toBe(401);
    expect((await net.refused("/unknown")).status).toBe(404);
    const socket = await net.connect("/open");
    expect(await socket.receive()).toBe("open");
  });
});
