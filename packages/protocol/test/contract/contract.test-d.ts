import * as v from "valibot";
import { expectTypeOf, test } from "vitest";
import { z } from "zod";
import {
  type ClientMessages,
  contract,
  href,
  type ParamsInput,
  type ParamsOutput,
  type PathParams,
  type QueryInput,
  type QueryOutput,
  type ServerMessages,
} from "../../src/index.ts";
import { type Input, type Output, type ParamName, type EventPeer } from "../../src/internal.ts";

const length = z.string().transform((line) => line.length);
const chat = contract("/chat/:room", {
  params: z.object({ room: length }),
  query: z.object({ page: z.coerce.number<string>(), tag: z.string().optional() }),
  client: { say: z.object({ text: z.string(), loud: z.boolean().default(false) }), measure: length },
  server: { said: v.pipe(v.string(), v.transform(Number)) },
});
type Chat = typeof chat;

test("the parameters come from the literal path", () => {
  expectTypeOf<ParamName<"/chat/:room/*rest">>().toEqualTypeOf<"room" | "rest">();
  expectTypeOf<PathParams<"/chat/:room">>().toEqualTypeOf<{ readonly room: string }>();
  expectTypeOf<ParamName<"/chat">>().toBeNever();
  href("/chat/:room", { room: "a" });
  // @ts-expect-error the parameter is called room
  href("/chat/:room", { rom: "a" });
  // @ts-expect-error a parameter is missing
  href("/:a/:b", { a: "a" });
});

test("what one writes is the input of the schema, what one reads its output", () => {
  expectTypeOf<Input<typeof length>>().toEqualTypeOf<string>();
  expectTypeOf<Output<typeof length>>().toEqualTypeOf<number>();
  expectTypeOf<ParamsInput<Chat>>().toEqualTypeOf<{ room: string }>();
  expectTypeOf<ParamsOutput<Chat>>().toEqualTypeOf<{ room: number }>();
  expectTypeOf<QueryInput<Chat>>().toEqualTypeOf<{ page: string; tag?: string | undefined }>();
  expectTypeOf<QueryOutput<Chat>>().toEqualTypeOf<{ page: number; tag?: string | undefined }>();
  type Say = ClientMessages<Chat>["say"];
  expectTypeOf<Input<Say>>().toEqualTypeOf<{ text: string; loud?: boolean | undefined }>();
  expectTypeOf<Output<Say>>().toEqualTypeOf<{ text: string; loud: boolean }>();
  type Said = ServerMessages<Chat>["said"];
  expectTypeOf<Input<Said>>().toEqualTypeOf<string>();
  expectTypeOf<Output<Said>>().toEqualTypeOf<number>();
});

test("without schemas parameters are strings and there is nothing to say", () => {
  const plain = contract("/chat/:room", {});
  expectTypeOf<ParamsInput<typeof plain>>().toEqualTypeOf<{ readonly room: string }>();
  expectTypeOf<ParamsOutput<typeof plain>>().toEqualTypeOf<{ readonly room: string }>();
  expectTypeOf<QueryOutput<typeof plain>>().toEqualTypeOf<Readonly<Record<string, string>>>();
  expectTypeOf<keyof ClientMessages<typeof plain>>().toBeNever();
  expectTypeOf<keyof ServerMessages<typeof plain>>().toBeNever();
});

test("url asks for what the contract needs and no more", () => {
  expectTypeOf(contract("/chat", {}).url()).toBeString();
  contract("/chat", {}).url({}, { any: "thing" });
  contract("/chat", { query: z.object({ page: z.string().optional() }) }).url();
  chat.url({ room: "a" }, { page: "1" });
  // @ts-expect-error the query has a field that is needed
  chat.url({ room: "a" });
  // @ts-expect-error the page is written as a string
  chat.url({ room: "a" }, { page: 1 });
  // @ts-expect-error the room is written as a string
  chat.url({ room: 1 }, { page: "1" });
  const needy = contract("/chat", { query: z.object({ page: z.string() }) });
  // @ts-expect-error the query is needed though there are no parameters
  needy.url();
  const { url } = contract("/chat/:room", {});
  // @ts-expect-error the parameter is needed
  url();
  // @ts-expect-error the path has no such parameter
  contract("/chat", {}).url({ room: "a" });
});

test("a peer says only what the contract says, with its data", () => {
  const say = (peer: EventPeer<ClientMessages<Chat>>): void => {
    peer.send("say", { text: "a" });
    peer.send("measure", "abc");
    // @ts-expect-error there is no such message
    peer.send("shout", { text: "a" });
    // @ts-expect-error text is a string
    peer.send("say", { text: 1 });
    // @ts-expect-error text is needed
    peer.send("say", {});
    // @ts-expect-error one writes the input, not what the schema makes of it
    peer.send("measure", 3);
  };
  expectTypeOf(say).returns.toBeVoid();
});

test("a contract is made of schemas", () => {
  // @ts-expect-error a message needs a schema
  contract("/chat", { client: { say: "string" } });
  expectTypeOf(contract("/chat", {}).path).toEqualTypeOf<"/chat">();
});
