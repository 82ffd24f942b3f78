import { expectTypeOf } from "vitest";
import { createApp } from "../../src/app/app.ts";
import type { App } from "../../src/app/types.ts";
import { identity } from "../../src/request/identity.ts";
import { testNetwork } from "../../src/testing/index.ts";

interface User {
  readonly name: string;
}
declare const ada: User;
declare const known: boolean;

// The app's `state` is in every context, of hooks and of handlers.
const app = createApp({ state: { pool: 3 } });
app.group(({ state }) => {
  expectTypeOf(state).toEqualTypeOf<{ pool: number }>();
});
app.ws("/", (_socket, { state, route, responseHeaders, credentials }) => {
  expectTypeOf(state).toEqualTypeOf<{ pool: number }>();
  expectTypeOf(route).toEqualTypeOf<string>();
  expectTypeOf(responseHeaders).toEqualTypeOf<Headers>();
  expectTypeOf(credentials?.username).toEqualTypeOf<string | undefined>();
});
createApp().http("/", ({ state }) => {
  expectTypeOf(state).toEqualTypeOf<undefined>();
  return new Response();
});

// Hooks read the request as it arrived, also for routes with schemas.
app.group(({ params, query, cookies, headers, protocols }) => {
  expectTypeOf(params).toEqualTypeOf<Readonly<Record<string, string>>>();
  expectTypeOf(query).toEqualTypeOf<Readonly<Record<string, string | string[]>>>();
  expectTypeOf(cookies).toEqualTypeOf<Readonly<Record<string, string>>>();
  expectTypeOf(headers).toEqualTypeOf<Headers>();
  expectTypeOf(protocols).toEqualTypeOf<readonly string[]>();
});

// A name is provided once, and no name of the context's own fields, in each of the six forms.
const members = app.group(() => ({ user: ada }));
// @ts-expect-error -- `user` is provided already
members.group(() => ({ user: ada }));
// @ts-expect-error -- `user` is provided already
members.group(async () => ({ user: ada }));
// @ts-expect-error -- `user` is provided already
members.group(function* () {
  yield { user: ada };
});
// @ts-expect-error -- `user` is provided already
members.group(async function* () {
  yield { user: ada };
});
// @ts-expect-error -- `user` is provided already
members.group(() => (known ? { user: ada } : undefined));
// @ts-expect-error -- `user` is provided already
members.group(async () => (known ? { user: ada } : new Response("no", { status: 401 })));
// @ts-expect-error -- `token` is a field of the context itself
app.group(() => ({ token: "t" }));
// @ts-expect-error -- `room` is a field of the context itself
app.group(async () => ({ room: "lobby", other: 1 }));
// @ts-expect-error -- `service` is a field of the context itself
app.group(() => ({ service: "mail" }));
// @ts-expect-error -- `state` is a field of the context itself
app.group(function* () {
  yield { state: 1 };
});
app.group(() => ({ user: ada })).ws("/sibling", (_socket, { user }) => void user.name);

// `identity` names the caller, alone or among other values; no other way does.
const callers = app.group(async () => ({ user: ada, ...identity({ principal: ada.name, expiresAt: 5 }) }));
callers.ws("/caller", (_socket, { user, principal, expiresAt }) => {
  expectTypeOf(user).toEqualTypeOf<User>();
  expectTypeOf(principal).toEqualTypeOf<string>();
  expectTypeOf(expiresAt).toEqualTypeOf<number | undefined>();
});
app
  .group(({ token }) => (token === undefined ? new Response("no") : identity({ principal: token })))
  .http("/caller", ({ principal }) => new Response(principal));
// @ts-expect-error -- the caller is named already
callers.group(() => identity({ principal: "eve" }));
// @ts-expect-error -- `identity` provides the principal
app.group(() => ({ principal: "ada" }));
// @ts-expect-error -- `identity` provides the expiry
app.group(() => ({ expiresAt: 5 }));
// @ts-expect-error -- the principal is a string
identity({ principal: 1 });
// @ts-expect-error -- a principal is needed
identity({ expiresAt: 1 });

// The values of hooks are known below a mount, and not outside of it.
const outer = createApp({ state: "outer" });
outer.group(() => ({ outside: 1 })).mount("/v1", members);
outer.mount("/v2", app);
// @ts-expect-error -- `user` is provided in the mounted app
outer.http("/", ({ user }) => Response.json(user));
const anyApp: App = members;
outer.mount("/v3", anyApp);

// In a test another hook that provides the same replaces a hook, in any form.
const signedIn = ({ token }: { readonly token: string | undefined }) =>
  token === undefined ? new Response("no", { status: 401 }) : { user: ada };
const database = async function* () {
  yield { db: 1 };
};
const guard = () => {};
const full = app.group(signedIn).group(database).group(guard);
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
