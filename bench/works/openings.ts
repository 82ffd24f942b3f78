import type { Dialect } from "../load/dialect.ts";
import { echoJson, sessionContract } from "../load/dialects.ts";

/** How a client opens its connection. */
export type Opening = Pick<Dialect, "target" | "open">;

/** The servers whose connections are opened alike, by how a client opens one: a name, a program of `servers/`, a dialect. */
export const openings: readonly (readonly [name: string, program: string, dialect: Opening])[] = [
  ["ws", "ws", echoJson("/json")],
  ["ws batched", "ws-batched", echoJson("/json")],
  ["raw route", "symbolon", echoJson("/echo")],
  ["listener", "symbolon", echoJson("/listen")],
  ["plain", "symbolon", { target: { path: "/contract" } }],
  ["session", "symbolon", sessionContract("event")],
];
