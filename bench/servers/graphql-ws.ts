/** graphql-ws over `ws`. */
import {
  GraphQLFloat,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
} from "graphql";
import { useServer } from "graphql-ws/use/ws";
import type { AddressInfo } from "node:net";
import { setImmediate } from "node:timers/promises";
import { WebSocketServer } from "ws";
import type { Note } from "../payloads.ts";
import { serveBench } from "./control.ts";

const text = new GraphQLNonNull(GraphQLString);
const fields = {
  id: { type: new GraphQLNonNull(GraphQLInt) },
  from: { type: text },
  text: { type: text },
  at: { type: new GraphQLNonNull(GraphQLFloat) },
  tags: { type: new GraphQLNonNull(new GraphQLList(text)) },
};

const schema = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: "Query",
    fields: {
      ask: {
        type: new GraphQLObjectType({ name: "Note", fields }),
        args: fields,
        resolve: (_: unknown, args: Note) => args,
      },
    },
  }),
  subscription: new GraphQLObjectType({
    name: "Subscription",
    fields: {
      items: {
        type: text,
        args: { bytes: { type: new GraphQLNonNull(GraphQLInt) } },
        async *subscribe(_: unknown, { bytes }: { readonly bytes: number }) {
          for (let n = 0; ; n += 1) {
            await setImmediate();
            yield { items: `${n} `.padEnd(bytes, "x") };
          }
        },
      },
    },
  }),
});

const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
useServer({ schema }, server, 0); // no heartbeat, as the others
server.on("listening", () => serveBench((server.address() as AddressInfo).port));
