import { describe, expect, test } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { Clock } from "../../src/testing/index.ts";

describe("an unknown option", () => {
  test.each([
    ["origins", "security.origins"],
    ["hosts", "security.hosts"],
    ["allowedHosts", "security.hosts"],
    ["allowCookieWithoutOrigin", "security.allowCookieWithoutOrigin"],
    ["receive", "socket.receive"],
    ["Socket", "socket"],
    ["idleTimeout", "socket.idleTimeout"],
    ["unread", "socket.unread"],
    ["perPrincipal", "limits.perPrincipal"],
    ["grace", "sessions.grace"],
    ["hearbeat", "heartbeat"],
    ["maxPayloads", "maxPayload"],
    ["MaxPayload", "maxPayload"],
    ["session", "sessions"],
  ])("%s is a TypeError that names %s", (name, near) => {
    expect(() => createApp({ [name]: {} })).toThrow(
      new TypeError(`createApp has no option "${name}": did you mean ${near}?`),
    );
  });

  test.each([
    ["security", "allowedHosts", "security.hosts"],
    ["security", "origin", "security.origins"],
    ["sessions", "perPrincipal", "sessions.detachedPerPrincipal"],
    ["sessions", "maxPayload", "maxPayload"],
    ["handshake", "timeOut", "handshake.timeout"],
    ["heartbeat", "timeOut", "heartbeat.timeout"],
  ])("of the group %s, %s, is a TypeError that names %s", (group, name, near) => {
    expect(() => createApp({ [group]: { [name]: 1 } })).toThrow(
      new TypeError(`createApp has no option "${group}.${name}": did you mean ${near}?`),
    );
  });

  test("that is like no other is a TypeError that lists the options", () => {
    expect(() => createApp({ xyz: 1 } as object)).toThrow(
      new TypeError(
        'createApp has no option "xyz": the options are security, socket, sessions, limits, handshake, heartbeat, state, maxPayload, codecs, store, fetch, onError, clock',
      ),
    );
  });
});

test("every option of every group may be given", () => {
  const app = createApp({
    security: { origins: [], hosts: ["test"], allowCookieWithoutOrigin: true },
    socket: { idleTimeout: 1_000, unread: "discard" },
    sessions: {
      grace: 1,
      messages: 2,
      bytes: 3,
      detachedPerPrincipal: 4,
      maxDetached: 5,
      maxDetachedBytes: 6,
    },
    limits: {
      connections: 1,
      perAddress: 2,
      perPrincipal: 3,
      messagesPerSecond: 4,
      bytesPerSecond: 5,
      handlers: 6,
      outboundBytes: 7,
      historyBytes: 8,
      trustProxy: true,
    },
    handshake: { timeout: 1, pending: 2 },
    heartbeat: { interval: 1, timeout: 2 },
    state: {},
    maxPayload: 10,
    codecs: [],
    fetch: () => new Response(),
    onError: () => {},
    clock: new Clock(),
  });
  expect([app.maxPayload, app.limits.perPrincipal]).toEqual([10, 3]);
});
