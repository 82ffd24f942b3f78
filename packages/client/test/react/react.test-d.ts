import { contract, isDeclared, request, stream } from "@symbolon/protocol";
import { z } from "zod";
import {
  useClient,
  useClientEvent,
  useEvent,
  useRequest,
  useStatus,
  useStream,
} from "../../src/react/index.ts";

const join = request({
  input: z.object({ room: z.string() }),
  output: z.object({ place: z.coerce.number<string>() }),
  errors: { ROOM_FULL: z.object({ capacity: z.number() }) },
});
const room = contract("/rooms/:room", {
  query: z.object({ name: z.string() }),
  client: {
    post: z.string(),
    join,
    count: stream({ input: z.object({ to: z.number() }), output: z.number() }),
    sum: stream({ input: z.object({}), upload: z.number(), output: z.number() }),
  },
  server: { posted: z.object({ at: z.coerce.date<string>() }) },
});
const options = { url: "ws://test", params: { room: "lobby" }, query: { name: "Ada" } };

/** A component that nothing renders: the compiler checks its types. */
export function Room(): string {
  const client = useClient(room, options);
  // @ts-expect-error -- the query is missing
  useClient(room, { url: "ws://test", params: { room: "lobby" } });
  client.send("post", "hello");
  const { state, attempt } = useStatus(client);

  useEvent(client, "posted", ({ at }) => at.getTime());
  useClientEvent(client, "failed", ({ name, error }) => [name.length, error.code]);
  useClientEvent(client, "reset", ({ reason }) => reason.length);
  useClientEvent(client, "gap", ({ room, from, to }) => [room?.length, to - from]);
  // @ts-expect-error -- the contract declares no such event
  useEvent(client, "failed", () => {});
  // @ts-expect-error -- the contract's events are not the client's own
  useClientEvent(client, "posted", () => {});
  // @ts-expect-error -- the client sends this event
  useEvent(client, "post", () => {});
  // @ts-expect-error -- a Date is not a string
  useEvent(client, "posted", ({ at }: { at: string }) => at);

  const { execute, data, error, isPending } = useRequest(client, "join");
  execute({ room: "lobby" });
  execute({ room: "lobby" }, { timeout: 1_000, signal: AbortSignal.timeout(0) });
  // @ts-expect-error -- the input needs a room
  execute({});
  // @ts-expect-error -- an event is not a request
  useRequest(client, "post");
  const place: number | undefined = data?.place;
  const capacity = isDeclared(join, error) ? error.data.capacity : 0;

  const { items, status, restart } = useStream(client, "count", { to: 3 }, { keep: 1, timeout: 1_000 });
  restart();
  const counted: readonly number[] = items;
  // @ts-expect-error -- the input is a number
  useStream(client, "count", { to: "3" });
  // @ts-expect-error -- this stream needs an upload, which a component cannot send twice
  useStream(client, "sum", {});
  // @ts-expect-error -- a request is not a stream
  useStream(client, "join", { room: "lobby" });

  const progress: "idle" | "streaming" | "done" | "error" = status;
  useStream(client, "count", { to: 3 }, { enabled: items.length > 0 });
  // @ts-expect-error -- `enabled` is a boolean
  useStream(client, "count", { to: 3 }, { enabled: "yes" });

  return [state, attempt, place, capacity, isPending satisfies boolean, counted, progress].join();
}
