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
  client: { post: z.object({ text: z.string(), loud: z.boolean().default(false) }), measure: length },
  server: { posted: v.pipe(v.string(), v.transform(Number)) },
});
type Chat = typeof chat;

test("the parameters come from the literal path", () => {
  expectTypeOf<ParamName<"/chat/:room/*rest">>().toEqualTypeOf<"room" | "rest">();
  expectTypeOf<PathParams<"/chat/:room">>().toEqualTypeOf<{ readonly room: string }>();
  expectTypeOf<ParamName<"/chat">>().toBeNever();
  expectTypeOf<ParamName<"/chat/:room?">>().toEqualTypeOf<"room">();
  expectTypeOf<PathParams<"/chat/:room/:line?">>().toEqualTypeOf<{
    readonly room: string;
    readonly line?: string | undefined;
  }>();
  expectTypeOf<PathParams<"/files/*rest?">>().toEqualTypeOf<{ readonly rest?: string | undefined }>();
  href("/chat/:room?", {});
  // @ts-expect-error the parameter is called room
  href("/chat/:room?", { rom: "a" });
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
  type Post = ClientMessages<Chat>["post"];
  expectTypeOf<Input<Post>>().toEqualTypeOf<{ text: string; loud?: boolean | undefined }>();
  expectTypeOf<Output<Post>>().toEqualTypeOf<{ text: string; loud: boolean }>();
  type Posted = ServerMessages<Chat>["posted"];
  expectTypeOf<Input<Posted>>().toEqualTypeOf<string>();
  expectTypeOf<Output<Posted>>().toEqualTypeOf<number>();
});

test("a contract without schemas has string parameters and no messages", () => {
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
  contract("/chat/:room?", {}).url();
  contract("/chat/:room?", {}).url({ room: "a" });
  // @ts-expect-error the parameter is a string
  contract("/chat/:room?", {}).url({ room: 1 });
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

test("a peer sends only messages of the contract, with their data", () => {
  const post = (peer: EventPeer<ClientMessages<Chat>>): void => {
    peer.send("post", { text: "a" });
    peer.send("measure", "abc");
    // @ts-expect-error there is no such message
    peer.send("shout", { text: "a" });
    // @ts-expect-error text is a string
    peer.send("post", { text: 1 });
    // @ts-expect-error text is needed
    peer.send("post", {});
    // @ts-expect-error one writes the input, not what the schema makes of it
    peer.send("measure", 3);
  };
  expectTypeOf(post).returns.toBeVoid();
});

test("a contract is made of schemas", () => {
  // @ts-expect-error a message needs a schema
  contract("/chat", { client: { post: "string" } });
  expectTypeOf(contract("/chat", {}).path).toEqualTypeOf<"/chat">();
});
