import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { contract } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { fileStore } from "@symbolon/server/file";
import { testNetwork } from "@symbolon/server/testing";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { connect } from "../../src/connect.ts";

const telling = contract("/telling", { client: { tell: z.number() }, server: { told: z.number() } });

/** What a client hears of a server that says so many things and leaves, and is started again. */
async function heard(many: number): Promise<readonly unknown[]> {
  const directory = await mkdtemp(join(tmpdir(), "symbolon-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  async function start() {
    const store = await fileStore({ directory });
    const app = createApp({ store });
    app.implement(telling, (peer, { resumed = false }) => {
      if (resumed) peer.send("told", 0);
      return {
        tell: (many) => {
          for (let n = 1; n <= many; n += 1) peer.send("told", n);
        },
      };
    });
    return { app, store, net: testNetwork(app) };
  }
  let server = await start();
  const Switch = class {
    constructor(url: string, protocols: string[]) {
      return new server.net.WebSocket(url, protocols);
    }
  };
  const client = connect(telling, { url: "ws://test", WebSocket: Switch as never });
  onTestFinished(() => client.close());
  const told: unknown[] = [];
  const all = new Promise<void>((resolve) => {
    client.onReset(({ reason: why }) => {
      told.push(why);
      resolve();
    });
    client.on("told", (n) => {
      told.push(n);
      if (n === 0) resolve();
    });
  });
  await client.send("tell", many);
  await server.app.end();
  await server.store.close();
  server = await start();
  await all;
  await server.app.end();
  await server.store.close();
  return told;
}

test("what the server said before it left is heard after it is back", async () => {
  expect(await heard(10)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0]);
});

test("what the server said beyond what the client had granted is not lost in silence", async () => {
  const told = await heard(600);
  const granted = told.indexOf("overflow");
  expect(told.slice(0, granted)).toEqual(Array.from({ length: granted }, (_, index) => index + 1));
  expect(told.slice(granted)).toEqual(["overflow"]);
});
