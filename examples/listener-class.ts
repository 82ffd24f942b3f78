/** A class as a listener: any object with `message` does, and there is no base class. */
import { text } from "@symbolon/protocol";
import { type Closed, createApp, listen, type Socket } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";

/** One instance serves all connections of its route; `listenEach(() => new Shouter())` makes one for each. */
class Shouter {
  open(socket: Socket<string>) {
    return socket.send("say something");
  }

  message(line: string) {
    return line.toUpperCase();
  }

  close({ code, reason }: Closed) {
    console.log("closed with", code, reason);
  }
}

export const app = createApp();

app.ws("/shout", { receive: text }, listen(new Shouter()));

export async function demo(): Promise<void> {
  const socket = await testNetwork(app).connect("/shout");
  console.log(await socket.receive());
  socket.send("hello");
  console.log(await socket.receive());
  socket.close(4000, "that was all");
}

/* prints
say something
HELLO
closed with 4000 that was all
*/
