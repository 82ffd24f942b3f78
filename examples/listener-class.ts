/** A class as a listener: any object that has a `message` method is one, without a base class. */
import { text } from "@symbolon/protocol";
import { type Closed, createApp, listen, type Socket } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";

/** One instance serves all connections of the route; `listenEach(() => new UpperCase())` makes one for each connection. */
class UpperCase {
  open(socket: Socket<string>) {
    return socket.send("send me some text");
  }

  message(line: string) {
    return line.toUpperCase();
  }

  close({ code, reason }: Closed) {
    console.log("closed with", code, reason);
  }
}

/** Serves `/upper-case`. */
export const app = createApp();

app.ws("/upper-case", { receive: text }, listen(new UpperCase()));

/** Sends one message, and closes. */
export async function demo(): Promise<void> {
  const socket = await testNetwork(app).connect("/upper-case");
  console.log(await socket.receive());
  socket.send("hello");
  console.log(await socket.receive());
  socket.close(4000, "finished");
}

/* prints
send me some text
HELLO
closed with 4000 finished
*/
