import { contract } from "@symbolon/protocol";
import { z } from "zod";
import { connect } from "../src/index.ts";

const url = "ws://test";

const bare = contract("/bare", {
  client: { post: z.string() },
  server: { posted: z.object({ n: z.coerce.number<string>() }) },
});
const room = contract("/chat/:room", {});
const numbered = contract("/orders/:id", { params: z.object({ id: z.number() }) });
const queried = contract("/queried", { query: z.object({ name: z.string() }) });
const optionallyQueried = contract("/optionally-queried", {
  query: z.object({ name: z.string().optional() }),
});

// The compiler requires only the options that the contract needs.
const client = connect(bare, { url });
connect(bare, { url: new URL("wss://test"), getToken: () => "token" });
connect(room, { url, params: { room: "lobby" } });
connect(numbered, { url, params: { id: 1 } });
connect(queried, { url, query: { name: "Ada" } });
connect(optionallyQueried, { url });
connect(optionallyQueried, { url, query: {} });

// @ts-expect-error -- the path has a parameter
connect(room, { url });
// @ts-expect-error -- it has another name
connect(room, { url, params: { rooms: "lobby" } });
// @ts-expect-error -- its schema takes a number
connect(numbered, { url, params: { id: "1" } });
// @ts-expect-error -- the query is required
connect(queried, { url });
// @ts-expect-error -- the query's name is required
connect(queried, { url, query: {} });
// @ts-expect-error -- there is no url
connect(bare, {});

client.send("post", "hello");
// @ts-expect-error -- the data is a string
client.send("post", 1);
// @ts-expect-error -- this is a message of the server
client.send("posted", { n: "1" });
// @ts-expect-error -- the server has no message of this name
client.on("post", () => {});

const remove: () => void = client.on("posted", ({ n }) => n.toFixed());
remove();
client.onFailed(({ name, error }) => [name.length, error.message, error.code satisfies string | number]);
// @ts-expect-error -- the listener is given the schema's output, a number
client.on("posted", ({ n }: { n: string }) => n);
