import { contract, type Sent } from "@symbolon/protocol";
import { expectTypeOf } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import type { ContractRoom, RoomView } from "../../src/contract/contract-room.ts";
import type { Service } from "../../src/contract/setup.ts";

const Cursor = z.object({ id: z.string(), x: z.number() });
const board = contract("/board/:name", {
  query: z.object({ as: z.string() }),
  client: { move: Cursor },
  server: { moved: Cursor, posted: z.string() },
});
const app = createApp({ state: { started: 0 } });

// The options of the rooms come before the setup, whose types they do not change.
const service = app.implement(
  board,
  {
    rooms: {
      memory: { messages: 100, newMembers: { messages: 10, ms: 60_000 } },
      slow: {
        conflate: (name, data) => {
          expectTypeOf(name).toEqualTypeOf<"moved" | "posted">();
          if (name === "posted") return expectTypeOf(data).toEqualTypeOf<string>();
          expectTypeOf(data).toEqualTypeOf<{ id: string; x: number }>();
          return data.id;
        },
      },
    },
  },
  (peer, { params, query, room, service: own, state }) => {
    expectTypeOf(params.name).toEqualTypeOf<string>();
    expectTypeOf(query.as).toEqualTypeOf<string>();
    expectTypeOf(state.started).toEqualTypeOf<number>();
    room(params.name).join(peer);
    room(params.name).join(peer, { since: 1_000 });
    own.join(peer, ["a", "b"], { since: 1_000 });
    // @ts-expect-error -- the names are a list
    own.join(peer, "a");
    expectTypeOf(room("a")).toEqualTypeOf<RoomView<typeof board>>();
    expectTypeOf(room("a").members).toEqualTypeOf<readonly (typeof peer)[]>();
    // @ts-expect-error -- the room of a setup has no send
    room("a").send("posted", "hello");
    expectTypeOf(own).toEqualTypeOf<Service<typeof board>>();
    expectTypeOf(own.room("a").send("posted", "hello")).toEqualTypeOf<Sent>();
    // @ts-expect-error -- it is not a string
    own.room("a").send("posted", 1);
    return {
      move: (cursor, call) => {
        expectTypeOf(call.room("a")).toEqualTypeOf<ContractRoom<typeof board>>();
        expectTypeOf(call.room("a").send("moved", cursor, { except: peer })).toEqualTypeOf<Sent>();
      },
    };
  },
);
expectTypeOf(service).toEqualTypeOf<Service<typeof board>>();
service.room("a").send("posted", "hello");
service.room("a").send("posted", "hello", { volatile: true });
// @ts-expect-error -- volatile is a boolean
service.room("a").send("posted", "hello", { volatile: 1 });
// @ts-expect-error -- it is not a string
service.room("a").send("posted", 1);
// @ts-expect-error -- it is a message of clients
service.room("a").send("move", { id: "a", x: 1 });

app.implement(board, { rooms: { slow: "disconnect", perPeer: 1 } }, () => ({ move() {} }));
app.implement(board, {}, () => ({ move() {} }));
// @ts-expect-error -- slow is one of three
app.implement(board, { rooms: { slow: "drop" } }, () => ({ move() {} }));
app.implement(board, { rooms: { memory: false } }, () => ({ move() {} }));
app.implement(board, { rooms: { memory: { ms: 1, bytes: 1, newMembers: {} } } }, () => ({ move() {} }));
// @ts-expect-error -- memory is false or has bounds
app.implement(board, { rooms: { memory: true } }, () => ({ move() {} }));
// @ts-expect-error -- what new members receive has no bytes of its own
app.implement(board, { rooms: { memory: { newMembers: { bytes: 1 } } } }, () => ({ move() {} }));
// @ts-expect-error -- handlers are exhaustive, with options too
app.implement(board, {}, () => ({}));

// A setup that is a generator has the same context.
app.implement(board, function* (peer, { room, service: own }) {
  room("a").join(peer);
  // @ts-expect-error -- the room of a setup has no send
  room("a").send("posted", "hello");
  yield { move: (cursor, call) => call.room("a").send("moved", cursor) };
  expectTypeOf(own.room("a")).toEqualTypeOf<ContractRoom<typeof board>>();
});

app.ws("/raw", (socket, context) => {
  const { room } = context;
  // @ts-expect-error -- a raw route has no service
  void context.service;
  room("a").join(socket);
  // @ts-expect-error -- rooms of raw routes keep no messages
  room("a").join(socket, { since: 1 });
});

// An event without data needs no argument, in rooms and to a peer.
const quiet = contract("/quiet", { server: { tick: z.void(), posted: z.string() } });
const quietService = app.implement(quiet, (peer) => {
  expectTypeOf(peer.send("tick")).toEqualTypeOf<Sent>();
  // @ts-expect-error -- posted has data
  peer.send("posted");
  return {};
});
expectTypeOf(quietService.room("a").send("tick")).toEqualTypeOf<Sent>();
// @ts-expect-error -- posted has data
quietService.room("a").send("posted");
