/** The client's half of the chat. */
import { connect } from "@symbolon/client";
import { chat } from "./contract.ts";

const client = connect(chat, { url: "ws://localhost", params: { room: "lobby" }, query: { name: "Ada" } });

client.on("message", ({ from, text }) => console.log(from, text));
client.on("left", ({ name }) => console.log(name));
client.send("say", { text: "hello" });
for (const { from, text } of await client.request("history", { limit: 20 })) console.log(from, text);
for await (const name of client.stream("typing", {})) console.log(name);
// @ts-expect-error -- a proof that these are types at all
client.send("say", { line: "hello" });
client.close();
