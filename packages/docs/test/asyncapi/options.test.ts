import { createApp } from "@symbolon/server";
import { expect, test } from "vitest";
import { asyncapi } from "../../src/index.ts";
import { documentErrors } from "./document-errors.ts";

const info = { title: "Test", version: "1.0.0" };
const bearer = { type: "http", scheme: "bearer" };
const cookie = { type: "httpApiKey", in: "cookie", name: "session" };

test("servers are in the document as they were given", () => {
  const servers = { production: { host: "chat.example", protocol: "wss", pathname: "/v1" } };
  const document = asyncapi(createApp(), { ...info, servers });
  expect(document.servers).toEqual(servers);
  expect(documentErrors(document)).toEqual([]);
});

test("a security scheme belongs to the operations of the routes that run its hooks", () => {
  const signedIn = () => {};
  const app = createApp();
  app.ws("/open", () => {});
  app.group(signedIn).ws("/closed", () => {});
  const security = { cookie: { scheme: cookie, hooks: [signedIn] } };
  const document = asyncapi(app, { ...info, security });
  const found = Object.entries(document.operations).map(([key, operation]) => [key, operation["security"]]);
  const reference = [{ $ref: "#/components/securitySchemes/cookie" }];
  expect(found).toEqual([
    ["open.receive.message", undefined],
    ["open.send.message", undefined],
    ["closed.receive.message", reference],
    ["closed.send.message", reference],
  ]);
  expect(document.components).toEqual({ securitySchemes: { cookie } });
  expect(documentErrors(document)).toEqual([]);
});

test("a security scheme without hooks belongs to every route, and several are alternatives", () => {
  const app = createApp();
  app.ws("/", () => {});
  const document = asyncapi(app, {
    ...info,
    security: { cookie: { scheme: cookie }, bearer: { scheme: bearer } },
  });
  expect(document.operations["root.send.message"]).toMatchObject({
    security: [
      { $ref: "#/components/securitySchemes/cookie" },
      { $ref: "#/components/securitySchemes/bearer" },
    ],
  });
  expect(documentErrors(document)).toEqual([]);
});

test.each<[what: string, options: object, message: string]>([
  ["an unknown option", { tittle: "a" }, 'asyncapi has no option "tittle": there are title, version'],
  ["an empty title", { title: "" }, "asyncapi needs `title`, a text that is not empty"],
  ["a version that is not a text", { version: 1 }, "asyncapi needs `version`"],
  [
    "the name of a server",
    { servers: { "a b": {} } },
    "the name of a server or a security scheme may have A-Z",
  ],
  ["the name of a security scheme", { security: { "a/b": { scheme: bearer } } }, '"a/b"'],
  [
    "a hook that no route runs",
    { security: { a: { scheme: bearer, hooks: [() => {}] } } },
    "`security.a` names a hook that no route runs",
  ],
])("%s is refused", (_, options, message) => {
  expect(() => asyncapi(createApp(), { ...info, ...options })).toThrow(
    expect.objectContaining({ name: "TypeError", message: expect.stringContaining(message) }),
  );
});
