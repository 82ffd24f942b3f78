/** The client of the chat. */
import { connect } from "@symbolon/client";
import { chat } from "./contract.ts";

const client = connect(chat, { url: "ws://localhost", params: { room: "lobby" }, query: { name: "Ada" } });

client.on("message", ({ from, text }) => console.log(from, text));
client.on("disconnected", ({ name }) => console.log(name));
client.send("post", { text: "hello" });
for (const { from, text } of await client.request("history", { limit: 20 })) console.log(from, text);
for await (const name of client.stream("typing", {})) console.log(name);
// @ts-expect-error -- proves that the names are typed
client.send("post", { line: "hello" });
client.close();
