/** crossws, on `node:http`. */
import createAdapter from "crossws/adapters/node";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { serveBench } from "./control.ts";

const http = createServer();
const adapter = createAdapter({
  idleTimeout: 0, // no heartbeat, as the others
  hooks: {
    open(peer) {
      if (peer.request.url.endsWith("/room")) peer.subscribe("all");
    },
    message(peer, message) {
      const { url } = peer.request;
      if (url.endsWith("/json")) peer.send(JSON.stringify(message.json()));
      else if (url.endsWith("/room")) {
        const text = JSON.stringify(message.json());
        peer.publish("all", text);
        peer.send(text);
      } else peer.send(message.text());
    },
  },
});
http.on("upgrade", (request, socket, head) => void adapter.handleUpgrade(request, socket, head));
http.listen(0, "127.0.0.1", () => serveBench((http.address() as AddressInfo).port));
