import { int, json, text } from "@symbolon/protocol";
import { expectTypeOf } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import { listen } from "../../src/socket/listen.ts";
import { Socket } from "../../src/socket/socket.ts";

class Traced extends Socket {
  readonly sent: unknown[] = [];
}
class Lines extends Socket<string, string> {
  lines = 0;
}

// The app's option counts where a route has none, and the nearest option counts.
const app = createApp({
  socket: { receive: text, send: int, Socket: Traced },
  onError: (error) => void error,
});
app.ws("/", async (socket) => {
  expectTypeOf(socket.sent).toEqualTypeOf<unknown[]>();
  expectTypeOf(await socket.receive()).toBeString();
  await socket.send(3);
  // @ts-expect-error -- the codec writes numbers
  await socket.send("three");
});
app.ws("/own", { receive: int }, async (socket) => {
  expectTypeOf(socket.sent).toEqualTypeOf<unknown[]>();
  expectTypeOf(await socket.receive()).toBeNumber();
  await socket.send(3);
});
app.with({ send: text }).ws("/view", { idleTimeout: 60_000 }, async (socket) => {
  expectTypeOf(await socket.receive()).toBeString();
  await socket.send("three");
  expectTypeOf(socket.sent).toEqualTypeOf<unknown[]>();
});
app.ws(
  "/listen",
  { receive: json(z.object({ n: z.number() })) },
  listen(({ n }, { sent }) => n + sent.length),
);

// Without codecs the handler's socket is the class's.
createApp({ socket: { Socket: Lines } }).ws("/", async (socket) => {
  expectTypeOf(socket).toEqualTypeOf<Lines>();
  expectTypeOf(await socket.receive()).toBeString();
});
createApp()
  .with({ Socket: Traced })
  .ws("/", (socket) => void expectTypeOf(socket).toEqualTypeOf<Traced>());
createApp().ws("/", { Socket: Traced }, (socket) => void expectTypeOf(socket).toEqualTypeOf<Traced>());

// Socket options and the values of hooks add up, in any order.
createApp()
  .group(() => ({ user: "ada" }))
  .with({ receive: int })
  .group(() => ({ age: 36 }))
  .ws("/", async (socket, { user, age }) => {
    expectTypeOf(await socket.receive()).toBeNumber();
    expectTypeOf([user, age]).toEqualTypeOf<(string | number)[]>();
  });

createApp().ws("/", { unread: "discard", idleTimeout: 1_000 }, async (socket) => {
  expectTypeOf(socket).toEqualTypeOf<Socket>();
});
// @ts-expect-error -- unread messages are discarded, or they close
createApp({ socket: { unread: "keep" } });
// @ts-expect-error -- this class is not a socket
createApp({ socket: { Socket: Date } });

// @ts-expect-error -- there is no such option
createApp().ws("/", { body: z.string(), receive: text }, () => {});
// @ts-expect-error -- a view has no parameters: it serves many paths
createApp().with({ params: z.object({}) });

// An app with any socket options can be mounted.
createApp().mount("/v1", app);
