/** A dependency with cleanup: a hook that yields once provides it before the connection, and ends it afterwards. */
import { text } from "@symbolon/protocol";
import { createApp, listen } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";

export const app = createApp({ state: { clients: 0 } });

const counted = app.use(function* ({ state }) {
  state.clients += 1;
  try {
    yield { clients: state.clients }; // once for each connection, whatever it says
  } finally {
    state.clients -= 1; // however the connection ends
    console.log("clients left:", state.clients);
  }
});

counted.ws(
  "/",
  { receive: text },
  listen((message, _socket, { clients }) => ({ message, clients })),
);

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
clients left: 1
*/
