/** The server of the tests of the docs page: a contract with every kind of message, a raw route, and a guarded page. */
import { docsPage } from "@symbolon/docs";
import { contract, json, request, stream } from "@symbolon/protocol";
import { createApp, identity, listen, RequestError } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import * as z from "zod";

const desk = contract("/desk/:team", {
  query: z.object({ name: z.string().min(1) }),
  client: {
    note: z.object({ text: z.string().max(20), urgent: z.boolean().optional() }),
    sum: request({
      input: z.object({ numbers: z.array(z.number()) }),
      output: z.number(),
      errors: { EMPTY: z.object({ hint: z.string() }) },
    }),
    ticks: stream({ input: z.object({ from: z.int() }), output: z.int() }),
    total: stream({ input: z.null(), output: z.number(), upload: z.number() }),
    ask: z.string(),
  },
  server: {
    noted: z.object({ by: z.string(), text: z.string() }),
    confirm: request({ input: z.string(), output: z.boolean() }),
  },
  presence: { data: z.object({ mood: z.string() }), by: "connection" },
});

const prices = json(z.object({ symbol: z.string(), price: z.number() }));

const app = createApp();
const signedIn = ({ token }: { readonly token: string | undefined }) =>
  token === "open sesame" ? identity({ principal: "ada" }) : new Response("Sign in first", { status: 401 });

app.implement(desk, (peer, { params, query, room }) => {
  room(params.team).join(peer);
  return {
    note: ({ text }, call) => call.room(params.team).send("noted", { by: query.name, text }),
    sum({ numbers }) {
      if (numbers.length === 0)
        throw new RequestError("EMPTY", "there is nothing to add", { hint: "add one" });
      return numbers.reduce((sum, number) => sum + number, 0);
    },
    async *ticks({ from }, { signal }) {
      yield from;
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
    async *total(_, { upload }) {
      let sum = 0;
      for await (const number of upload) sum += number;
      yield sum;
    },
    async ask(question) {
      const answer = await peer.request("confirm", question);
      peer.send("noted", { by: "server", text: answer ? "confirmed" : "denied" });
    },
  };
});
app.ws(
  "/echo",
  { receive: prices, send: prices },
  listen((price) => price),
);
const members = app.group(signedIn);
members.implement(contract("/secret", { client: { whisper: z.string() }, server: {} }), () => ({
  whisper: () => {},
}));
app.http(
  "/docs",
  docsPage(app, {
    title: "Desk",
    version: "1.2.3",
    description: "For tests.",
    security: { bearer: { scheme: { type: "http", scheme: "bearer" }, hooks: [signedIn] } },
  }),
);

const outer = createApp();
outer.mount("/v1", app);
const server = await serve(outer, { port: Number(process.env["PORT"]) });
console.log(`symbolon docs: http://localhost:${server.port}`);
