/** A dependency with cleanup: the hook provides it before the connection, and cleans up after the connection. */
import { text } from "@symbolon/protocol";
import { createApp, listen } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";

/** Serves `/`, and counts the connected clients. */
export const app = createApp({ state: { clients: 0 } });

const counted = app.group(function* ({ state }) {
  state.clients += 1;
  try {
    yield { clients: state.clients }; // once for each connection, not for each message
  } finally {
    state.clients -= 1; // however the connection ends
    console.log("remaining clients:", state.clients);
  }
});

counted.ws(
  "/",
  { receive: text },
  listen((message, _socket, { clients }) => ({ message, clients })),
);

/** Connects two clients, then disconnects the first. */
export async function demo(): Promise<void> {
  const net = testNetwork(app);
  const first = await net.connect("/");
  const second = await net.connect("/");

  for (const socket of [first, second]) {
    socket.send("hello");
    console.log(await socket.receive());
  }
  first.close();
}

/* prints
{"message":"hello","clients":1}
{"message":"hello","clients":2}
remaining clients: 1
*/
