/** tRPC over `ws`, with zod. */
import { initTRPC } from "@trpc/server";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import type { AddressInfo } from "node:net";
import { setImmediate } from "node:timers/promises";
import { WebSocketServer } from "ws";
import * as z from "zod";
import { note } from "../payloads.ts";
import { serveBench } from "./control.ts";

const trpc = initTRPC.create();
const router = trpc.router({
  ask: trpc.procedure.input(note).mutation(({ input }) => input),
  items: trpc.procedure.input(z.int()).subscription(async function* ({ input }) {
    for (let n = 0; ; n += 1) {
      await setImmediate();
      yield `${n} `.padEnd(input, "x");
    }
  }),
});

const wss = new WebSocketServer({ port: 0, host: "127.0.0.1" });
applyWSSHandler({ wss, router });
wss.on("listening", () => serveBench((wss.address() as AddressInfo).port));
