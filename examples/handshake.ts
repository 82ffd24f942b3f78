/** A custom protocol: `expect` checks the first message, and `pair` sends a question and receives the answer. */
import { int, text } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";

/** Serves `/quiz`. */
export const app = createApp();

app.ws("/quiz", async (socket) => {
  await socket.expect("QUIZ/1"); // anything else closes with 1002
  const name = await socket.pair("who are you?", { as: text });
  const answer = await socket.pair("6 × 7?", { as: int });
  await socket.send(answer === 42 ? `well done, ${name}` : `sorry, ${name}`);
});

/** Takes part in the quiz. */
export async function demo(): Promise<void> {
  const socket = await testNetwork(app).connect("/quiz");
  socket.send("QUIZ/1");
  console.log(await socket.receive());
  socket.send("Ada");
  console.log(await socket.receive());
  socket.send(42);
  console.log(await socket.receive());
}

/* prints
who are you?
6 × 7?
well done, Ada
*/
