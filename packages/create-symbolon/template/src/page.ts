import { connect } from "@symbolon/client";
import { chat } from "./chat.ts";

const name = `User ${Math.floor(Math.random() * 1_000)}`;
const client = connect(chat, { url: location.origin, params: { room: "lobby" }, query: { name } });

const status = document.querySelector("output")!;
const messages = document.querySelector("ul")!;
const form = document.querySelector("form")!;
const input = document.querySelector("input")!;

const show = (line: string) => {
  messages.append(Object.assign(document.createElement("li"), { textContent: line }));
};

client.on("message", ({ from, text }) => show(`${from}: ${text}`));
client.on("left", ({ name }) => show(`${name} left`));
client.onFailed(({ error }) => show(`not delivered: ${error.message}`));
client.status.subscribe(({ state, error }) => {
  status.textContent = error ? `${state}: ${error.message}` : `${name}, ${state}`;
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  client.send("say", { text: input.value }); // kept while the network is away
  input.value = "";
});
