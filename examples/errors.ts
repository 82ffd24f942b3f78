/** Maps errors to close codes: `onError` chooses the code for an error of the app; all other errors close with 1011. */
import { createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";

class SoldOut extends Error {}

/** Serves `/rows/:row`, and has one ticket to sell. */
export const app = createApp({
  state: { tickets: 1 },
  onError: (error) => (error instanceof SoldOut ? { code: 4409, reason: "sold out" } : undefined),
});

app.ws("/rows/:row", async (socket, { params: { row }, state }) => {
  await socket.accept();
  sellTicket(state);
  await socket.send(`a ticket for row ${row}`);
});

function sellTicket(state: { tickets: number }): void {
  if (state.tickets === 0) throw new SoldOut();
  state.tickets -= 1;
}

/** Connects twice: the first client gets the ticket, the second gets the error. */
export async function demo(): Promise<void> {
  const net = testNetwork(app);
  console.log(await (await net.connect("/rows/7")).receive());
  console.log(await (await net.connect("/rows/7")).closed);
}

/* prints
a ticket for row 7
{ code: 4409, reason: 'sold out', wasClean: true }
*/
