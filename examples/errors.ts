/** Errors and state: the app answers an error of its own with a close, and helpers find the context by themselves. */
import { createApp } from "@symbolon/server";
import { current } from "@symbolon/server/current";
import { testClient } from "@symbolon/server/testing";

class OutOfSeats extends Error {}

const app = createApp({
  state: { seats: 1 },
  onError: (error) =>
    error instanceof OutOfSeats
      ? { code: 4409, reason: "no seats left" }
      : new Response("Sorry", { status: 500 }),
});

app.ws("/rows/:row", async (socket, { params, state }) => {
  await socket.accept();
  if (state.seats === 0) throw new OutOfSeats();
  state.seats -= 1;
  await socket.send(`row ${params.row}: ${greeting()}`);
});

function greeting(): string {
  return `welcome to ${current().route}`;
}

const net = testClient(app);
console.log(await (await net.connect("/rows/7")).receive());
console.log(await (await net.connect("/rows/7")).closed);
console.log(net.errors.length);

/* prints
row 7: welcome to /rows/:row
{ code: 4409, reason: 'no seats left', wasClean: true }
1
*/
