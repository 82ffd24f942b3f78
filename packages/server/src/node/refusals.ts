import type { IncomingMessage, ServerResponse } from "node:http";
import type { Refusal } from "../request/refusal.ts";
import { describeTransport } from "../request/transport.ts";
import type { Clock } from "../timing/clock.ts";

/** The media type by which a page asks why its handshake was refused: a browser hides the answer to a handshake. */
const mediaType = "application/symbolon.refusal+json";
/** How many questions a network may ask in a minute. */
const perNetwork = 60;
/** How many questions all networks may ask in a minute. */
const perMinute = 10_000;
/** A minute, in ms. */
const minute = 60_000;

/** Whether a request asks how its handshake would be answered. */
export function asksForRefusal({ method, headers }: IncomingMessage): boolean {
  return method === "GET" && headers.accept === mediaType;
}

/** Bounds how often clients may ask. */
export class QuestionRate {
  readonly #clock: Clock;
  #since = 0;
  #total = 0;
  readonly #byNetwork = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts a question. Returns false when the network, or all of them, have asked too often in this minute. */
  allow(network: string): boolean {
    const { now } = this.#clock;
    if (now - this.#since >= minute) {
      this.#since = now;
      this.#total = 0;
      this.#byNetwork.clear();
    }
    const count = this.#byNetwork.get(network) ?? 0;
    if (count >= perNetwork || this.#total >= perMinute) return false;
    this.#total += 1;
    this.#byNetwork.set(network, count + 1);
    return true;
  }
}

/** Answers a question: any page may read the answer, which has no secrets. */
export function writeAnswer(refusal: Refusal | undefined, outgoing: ServerResponse): void {
  const { status = 101, reason = "", retryAfter } = refusal ?? {};
  writeJson(outgoing, 200, { status, reason, retryAfter });
}

/** Refuses a question of a client that asks too often. */
export function refuseQuestion(outgoing: ServerResponse): void {
  outgoing.setHeader("retry-after", "60");
  writeJson(outgoing, 429, {});
}

function writeJson(outgoing: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  outgoing.writeHead(status, {
    "access-control-allow-origin": "*",
    "cache-control": "no-store",
    "content-type": mediaType,
    "content-length": Buffer.byteLength(text),
    "x-content-type-options": "nosniff",
  });
  outgoing.end(text);
}

/** Stands for a connection or request that is refused before it is read, in a report. */
export function refusedRequest(
  address: string,
  { headers = {}, url = "/" }: Partial<IncomingMessage> = {},
): Request {
  const { host, origin } = headers;
  const [pathname = "/"] = url.split("?", 1);
  const target = `http://${host}${pathname}`;
  const isReadable = host !== undefined && pathname.startsWith("/") && isHttpUrl(target);
  const request = new Request(isReadable ? target : "symbolon:refused", {
    headers: origin === undefined ? {} : { origin },
  });
  describeTransport(request, { address: address || undefined });
  return request;
}

/** Whether a `Request` may have this URL: it allows no user and password. */
function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username === "" && password === "";
}
