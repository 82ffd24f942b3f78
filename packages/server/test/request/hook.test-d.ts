import { expectTypeOf } from "vitest";
import { type App, createApp } from "../../src/app/app.ts";
import { testNetwork } from "../../src/testing/index.ts";

interface User {
  readonly name: string;
}
declare const ada: User;
declare const known: boolean;

// What the app shares is `state` in every context, of hooks and of handlers.
const app = createApp({ state: { pool: 3 } });
app.use(({ state }) => {
  expectTypeOf(state).toEqualTypeOf<{ pool: number }>();
});
app.ws("/", (_socket, { state, route, responseHeaders: answer, credentials }) => {
  expectTypeOf(state).toEqualTypeOf<{ pool: number }>();
  expectTypeOf(route).toEqualTypeOf<string>();
  expectTypeOf(answer).toEqualTypeOf<Headers>();
  expectTypeOf(credentials?.username).toEqualTypeOf<string | undefined>();
});
createApp().http("/", ({ state }) => {
  expectTypeOf(state).toEqualTypeOf<undefined>();
  return new Response();
});

// Hooks read the request as it came, whatever the schemas of their routes.
app.use(({ params, query, cookies, headers, protocols }) => {
  expectTypeOf(params).toEqualTypeOf<Readonly<Record<string, string>>>();
  expectTypeOf(query).toEqualTypeOf<Readonly<Record<string, string | string[]>>>();
  expectTypeOf(cookies).toEqualTypeOf<Readonly<Record<string, string>>>();
  expectTypeOf(headers).toEqualTypeOf<Headers>();
  expectTypeOf(protocols).toEqualTypeOf<readonly string[]>();
});

// A name is provided once, and none that the context has of its own: in each of the six forms.
const members = app.use(() => ({ user: ada }));
// @ts-expect-error -- `user` is provided already
members.use(() => ({ user: ada }));
// @ts-expect-error -- `user` is provided already
members.use(async () => ({ user: ada }));
// @ts-expect-error -- `user` is provided already
members.use(function* () {
  yield { user: ada };
});
// @ts-expect-error -- `user` is provided already
members.use(async function* () {
  yield { user: ada };
});
// @ts-expect-error -- `user` is provided already
members.use(() => (known ? { user: ada } : undefined));
// @ts-expect-error -- `user` is provided already
members.use(async () => (known ? { user: ada } : new Response("no", { status: 401 })));
// @ts-expect-error -- `token` is the context's own
app.use(() => ({ token: "t" }));
// @ts-expect-error -- `room` is the context's own
app.use(async () => ({ room: "lobby", other: 1 }));
// @ts-expect-error -- `state` is the context's own
app.use(function* () {
  yield { state: 1 };
});
app.use(() => ({ user: ada })).ws("/sibling", (_socket, { user }) => void user.name);

// What is provided stays known below a mount, and does not leak out of it.
const outer = createApp({ state: "outer" });
outer.use(() => ({ outside: 1 })).mount("/v1", members);
outer.mount("/v2", app);
// @ts-expect-error -- `user` is provided in the mounted app
outer.http("/", ({ user }) => Response.json(user));
const anyApp: App = members;
outer.mount("/v3", anyApp);

// A hook is replaced in a test by one that provides the same, in any form.
const signedIn = ({ token }: { readonly token: string | undefined }) =>
  token === undefined ? new Response("no", { status: 401 }) : { user: ada };
const database = async function* () {
  yield { db: 1 };
};
const guard = () => {};
const full = app.use(signedIn).use(database).use(guard);
testNetwork(full, {
  state: { pool: 1 },
  overrides: [
    [signedIn, async () => ({ user: ada })],
    [database, () => ({ db: 2 })],
    [guard, () => new Response("never", { status: 403 })],
  ],
});
// @ts-expect-error -- the state is another
testNetwork(full, { state: { pool: "one" } });
testNetwork(full, {
  // @ts-expect-error -- it provides no `user`
  overrides: [[signedIn, () => ({ person: ada })]],
});
testNetwork(full, {
  overrides: [
    [guard, () => {}],
    // @ts-expect-error -- `db` is a number
    [database, () => ({ db: "two" })],
  ],
});
testNetwork(outer as App);
testNetwork(createApp(), { overrides: [] });
