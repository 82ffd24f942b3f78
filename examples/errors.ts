/** Errors: the app answers an error of its own with a close code, wherever it was thrown; others end with 1011. */
import { createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";

class OutOfSeats extends Error {}

export const app = createApp({
  state: { seats: 1 },
  onError: (error) => (error instanceof OutOfSeats ? { code: 4409, reason: "no seats left" } : undefined),
});

app.ws("/rows/:row", async (socket, { params: { row }, state }) => {
  await socket.accept();
  takeSeat(state);
  await socket.send(`a seat in row ${row}`);
});

function takeSeat(state: { seats: number }): void {
  if (state.seats === 0) throw new OutOfSeats();
  state.seats -= 1;
}

export async function demo(): Promise<void> {
  const net = testNetwork(app);
  console.log(await (await net.connect("/rows/7")).receive());
  console.log(await (await net.connect("/rows/7")).closed);
}

/* prints
a seat in row 7
{ code: 4409, reason: 'no seats left', wasClean: true }
*/
