import type { App, HttpHandler } from "@symbolon/server";
import { describeApp } from "@symbolon/server/describe";
import { gzipSync } from "node:zlib";
import { checkOptionNames, checkSecurity } from "../asyncapi/options.ts";
import type { DocsPageOptions } from "./options.ts";
import { contentSecurityPolicy, readParts, writeHtml } from "./page-html.ts";
import { writePageData } from "./write-page-data.ts";

const known = ["title", "version", "description", "security", "convert"];

/**
 * Serves a page of every contract and every raw WebSocket route of an app: messages, schemas, examples, and a console that
 * connects and sends. It has the routes that the app has when the page is first asked for. It loads nothing from elsewhere. It
 * shows the whole interface to whom it is served: declare it in a group with a hook, if that is not meant.
 * @throws TypeError for an app that `createApp` has not made, for an unknown option and for one that cannot be.
 * @example
 *   app.http("/docs", docsPage(app, { title: "Chat" }));
 */
export function docsPage(
  app: Pick<App, "fetch" | "handshake">,
  options: DocsPageOptions = {},
): HttpHandler<{ readonly request: Request }> {
  checkOptionNames("docsPage", options, known);
  for (const name of ["title", "version", "description"] as const)
    if (options[name] !== undefined && typeof options[name] !== "string")
      throw new TypeError(`\`${name}\` of docsPage is a text`);
  describeApp(app); // an app that cannot be described is an error here, not at the first request
  let page: Page | undefined;
  return ({ request }) => {
    if (request.method !== "GET" && request.method !== "HEAD")
      return new Response("Method Not Allowed", { status: 405, headers: { allow: "GET, HEAD" } });
    page ??= writePage(app, options);
    return respond(page, request);
  };
}

/** The page of an app, once it is written. */
interface Page {
  readonly html: string;
  readonly compressed: Uint8Array<ArrayBuffer>;
  /** The sources that its policy allows, besides the connections. */
  readonly policy: string;
}

function writePage(app: Pick<App, "fetch" | "handshake">, options: DocsPageOptions): Page {
  const routes = describeApp(app);
  checkSecurity(options.security, routes);
  const parts = readParts();
  const html = writeHtml(writePageData(routes, options), parts);
  return { html, compressed: new Uint8Array(gzipSync(html)), policy: contentSecurityPolicy(parts) };
}

function respond({ html, compressed, policy }: Page, request: Request): Response {
  const { host } = new URL(request.url);
  const isCompressed = /\bgzip\b/.test(request.headers.get("accept-encoding") ?? "");
  const headers = {
    "content-type": "text/html; charset=utf-8",
    // Some browsers do not count WebSockets of the same host as 'self'.
    "content-security-policy": `${policy}; connect-src 'self'${isHost(host) ? ` ws://${host} wss://${host}` : ""}`,
    "cache-control": "no-cache",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    vary: "accept-encoding",
    ...(isCompressed && { "content-encoding": "gzip" }),
  };
  if (request.method === "HEAD") return new Response(null, { headers });
  return new Response(isCompressed ? compressed : html, { headers });
}

/** Whether a host may be in a policy: that of a URL may have a `;`, which would begin another directive. */
function isHost(host: string): boolean {
  return /^[\w.:[\]-]+$/.test(host);
}
