import { contract } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { docsPage } from "../../src/index.ts";

function testApp() {
  const app = createApp();
  const chat = contract("/chat/:room", { client: { post: z.string().describe("</script><b>") }, server: {} });
  app.implement(chat, () => ({ post: () => {} }));
  return app;
}

async function read(app = testApp(), headers: Readonly<Record<string, string>> = {}) {
  app.http("/docs", docsPage(app, { title: "A & <b>" }));
  return testNetwork(app).fetch("/docs", { headers });
}

/** The text of the elements with this name. */
function elements(html: string, name: string): string[] {
  return Array.from(
    html.matchAll(new RegExp(`<${name}[^>]*>([^]*?)</${name}>`, "g")),
    ([, text = ""]) => text,
  );
}

test("the page is one file, whose policy allows its own script and style by their hashes, and connections to its host", async () => {
  const response = await read();
  const html = await response.text();
  const [data = "", script = ""] = elements(html, "script");
  const [style = ""] = elements(html, "style");
  const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  expect(response.status).toBe(200);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    "content-type": "text/html; charset=utf-8",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
  });
  expect(response.headers.get("content-security-policy")?.split("; ")).toEqual([
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    expect.stringMatching(/^connect-src 'self' ws:\/\/\S+ wss:\/\/\S+$/),
  ]);
  expect(JSON.parse(data)).toMatchObject({ title: "A & <b>", routes: [{ path: "/chat/:room" }] });
  expect(elements(html, "title")).toEqual(["A &#38; &#60;b&#62;"]);
  const markup = html.replace(script, () => "").replace(style, () => "");
  expect(markup.match(/(?:src|href)="(?!data:)/g)).toBeNull();
});

test("a host adds no directive to the policy", async () => {
  const app = testApp();
  app.http("/docs", docsPage(app));
  const response = await app.fetch(new Request("http://a;script-src/docs"));
  expect(response.headers.get("content-security-policy")).toMatch(/; connect-src 'self'$/);
});

test("no text of a contract ends the element that it is in", async () => {
  const html = await (await read()).text();
  expect(elements(html, "script")).toHaveLength(2);
  expect(html).not.toContain("<b>");
});

test("a browser that accepts gzip gets the page compressed: at most 120 kB", async () => {
  const response = await read(testApp(), { "accept-encoding": "gzip, br" });
  const bytes = new Uint8Array(await response.arrayBuffer());
  expect(response.headers.get("content-encoding")).toBe("gzip");
  expect(response.headers.get("vary")).toBe("accept-encoding");
  expect(gunzipSync(bytes).toString()).toContain("<!doctype html>");
  expect(bytes.length).toBeLessThan(120_000);
});

test("HEAD has no body, and other methods are not allowed", async () => {
  const app = testApp();
  app.http("/docs", docsPage(app));
  const net = testNetwork(app);
  const head = await net.fetch("/docs", { method: "HEAD" });
  expect([head.status, await head.text()]).toEqual([200, ""]);
  const post = await net.fetch("/docs", { method: "POST" });
  expect([post.status, post.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
});

test("the page has the routes that were declared after it, until it is first asked for", async () => {
  const app = createApp();
  app.http("/docs", docsPage(app));
  app.ws("/echo", () => {});
  const html = await (await testNetwork(app).fetch("/docs")).text();
  expect(html).toContain('"path":"/echo"');
});

describe("what cannot be is an error", () => {
  test.each([
    [
      { titel: "x" },
      'docsPage has no option "titel": there are title, version, description, security, convert',
    ],
    [{ title: 1 }, "`title` of docsPage is a text"],
  ])("%j", (options, message) => {
    expect(() => docsPage(createApp(), options as never)).toThrow(new TypeError(message));
  });

  test("an app that createApp has not made", () => {
    expect(() => docsPage({} as never)).toThrow(TypeError);
  });

  test("a hook that no route runs is reported, and the answer is 500", async () => {
    const errors: unknown[] = [];
    const app = createApp({ onError: (error) => void errors.push(error) });
    app.http("/docs", docsPage(app, { security: { bearer: { scheme: {}, hooks: [() => {}] } } }));
    expect((await testNetwork(app).fetch("/docs")).status).toBe(500);
    expect(String(errors)).toContain("`security.bearer` names a hook that no route runs");
  });
});
