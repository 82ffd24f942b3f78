/** Our client: `connect`. */
import { connect } from "@symbolon/client";
import { bench } from "../contract.ts";
import { serveClient } from "./load.ts";

const url = `http://127.0.0.1:${process.env["TARGET_PORT"]}`;

serveClient(async (onEcho) => {
  const client = connect(bench, { url });
  client.on("echo", onEcho);
  await client.opened;
  return {
    send: (data) => void client.send("echo", data),
    close: () => client.close(),
  };
});
