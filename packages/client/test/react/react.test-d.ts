import { contract, isDeclared, request, stream } from "@symbolon/protocol";
import { z } from "zod";
import { useClient, useEvent, useRequest, useStatus, useStream } from "../../src/react/index.ts";

const join = request({
  input: z.object({ room: z.string() }),
  output: z.object({ seat: z.coerce.number<string>() }),
  errors: { ROOM_FULL: z.object({ seats: z.number() }) },
});
const room = contract("/rooms/:room", {
  query: z.object({ name: z.string() }),
  client: {
    say: z.string(),
    join,
    count: stream({ input: z.object({ to: z.number() }), output: z.number() }),
    sum: stream({ input: z.object({}), upload: z.number(), output: z.number() }),
  },
  server: { said: z.object({ at: z.coerce.date<string>() }) },
});
const options = { url: "ws://test", params: { room: "lobby" }, query: { name: "Ada" } };

/** Never called: the compiler is the test. */
export function Room(): string {
  const client = useClient(room, options);
  // @ts-expect-error -- the query is missing
  useClient(room, { url: "ws://test", params: { room: "lobby" } });
  client.send("say", "hello");
  const { state: is, attempt } = useStatus(client);

  useEvent(client, "said", ({ at }) => at.getTime());
  useEvent(client, "failed", ({ name, error }) => [name.length, error.code]);
  // @ts-expect-error -- it is what the client says
  useEvent(client, "say", () => {});
  // @ts-expect-error -- a Date is not a string
  useEvent(client, "said", ({ at }: { at: string }) => at);

  const { execute: ask, data, error, isPending: pending } = useRequest(client, "join");
  ask({ room: "lobby" });
  ask({ room: "lobby" }, { timeout: 1_000, signal: AbortSignal.timeout(0) });
  // @ts-expect-error -- a room has a name
  ask({});
  // @ts-expect-error -- an event is not answered
  useRequest(client, "say");
  const seat: number | undefined = data?.seat;
  const seats = isDeclared(join, error) ? error.data.seats : 0;

  const {
    items,
    running,
    restart: again,
  } = useStream(client, "count", { to: 3 }, { keep: 1, timeout: 1_000 });
  again();
  const counted: readonly number[] = items;
  // @ts-expect-error -- a number is meant
  useStream(client, "count", { to: "3" });
  // @ts-expect-error -- it must be fed, which a component cannot do twice
  useStream(client, "sum", {});
  // @ts-expect-error -- a request is no stream
  useStream(client, "join", { room: "lobby" });

  return [is, attempt, seat, seats, pending satisfies boolean, counted, running satisfies boolean].join();
}
