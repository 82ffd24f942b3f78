import { contract } from "@symbolon/protocol";
import { z } from "zod";
import { connect } from "../src/index.ts";

const url = "ws://test";

const bare = contract("/bare", {
  client: { say: z.string() },
  server: { line: z.object({ n: z.coerce.number<string>() }) },
});
const room = contract("/chat/:room", {});
const numbered = contract("/orders/:id", { params: z.object({ id: z.number() }) });
const asked = contract("/asked", { query: z.object({ name: z.string() }) });
const askable = contract("/askable", { query: z.object({ name: z.string().optional() }) });

// Nothing is asked for that the contract does not need.
const client = connect(bare, { url });
connect(bare, { url: new URL("wss://test"), getToken: () => "token" });
connect(room, { url, params: { room: "lobby" } });
connect(numbered, { url, params: { id: 1 } });
connect(asked, { url, query: { name: "Ada" } });
connect(askable, { url });
connect(askable, { url, query: {} });

// @ts-expect-error -- the path has a parameter
connect(room, { url });
// @ts-expect-error -- it has another name
connect(room, { url, params: { rooms: "lobby" } });
// @ts-expect-error -- its schema takes a number
connect(numbered, { url, params: { id: "1" } });
// @ts-expect-error -- the query is required
connect(asked, { url });
// @ts-expect-error -- the query's name is required
connect(asked, { url, query: {} });
// @ts-expect-error -- there is no url
connect(bare, {});

client.send("say", "hello");
// @ts-expect-error -- the data is a string
client.send("say", 1);
// @ts-expect-error -- this is what the server says
client.send("line", { n: "1" });
// @ts-expect-error -- nobody says this
client.on("say", () => {});

const undo: () => void = client.on("line", ({ n }) => n.toFixed());
undo();
client.onFailed(({ name, error }) => [name.length, error.message, error.code satisfies string | number]);
// @ts-expect-error -- the listener is given the schema's output, a number
client.on("line", ({ n }: { n: string }) => n);
