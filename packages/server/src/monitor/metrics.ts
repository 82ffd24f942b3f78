import { CloseCode } from "@symbolon/protocol";
import type { RouteTraffic } from "../access/traffic.ts";
import { internalsOf } from "../app/app.ts";
import type { HttpHandler } from "../app/route.ts";
import type { App } from "../app/types.ts";
import { type Metric, prometheusType, type Sample, writePrometheus } from "./prometheus.ts";

/**
 * Answers with the metrics of an app in the text format of Prometheus, those of mounted apps too. It counts from this call on:
 * call it before the app is served. No label has a text of a client, so the number of series is bounded by the routes.
 * @throws TypeError when `createApp` of this copy of the package has not made the app.
 * @example
 *   app.http("/metrics", metrics(app));
 */
export function metrics(app: Pick<App, "fetch" | "handshake" | "gauges">): HttpHandler<unknown> {
  const { options, routes } = internalsOf(app, "metrics");
  const { traffic } = options;
  traffic.isCounting = true;
  return () => {
    const byRoute = Array.from(traffic.routes);
    const text = writePrometheus([
      ...gaugesOf(app.gauges(), routes.draining),
      ...sessionsOf(routes.sessionCounts),
      ...trafficOf(byRoute),
      counter(
        "symbolon_refused_total",
        "Clients that the server itself has refused, by the check that refused them.",
        Array.from(traffic.checks, ([check, value]) => ({ labels: { check }, value })),
      ),
    ]);
    return new Response(text, { headers: { "content-type": prometheusType, "cache-control": "no-store" } });
  };
}

function gaugesOf(gauges: ReturnType<App["gauges"]>, draining: boolean): Metric[] {
  const gauge = (name: string, help: string, value: number): Metric => ({
    name,
    type: "gauge",
    help,
    samples: [{ value }],
  });
  return [
    gauge("symbolon_connected_clients", "Connected clients.", gauges.connected),
    gauge("symbolon_detached_sessions", "Sessions without a connection.", gauges.detached),
    gauge("symbolon_detached_bytes", "Bytes that are kept for detached sessions.", gauges.detachedBytes),
    gauge("symbolon_pending_handshakes", "Handshakes that are not decided yet.", gauges.pendingHandshakes),
    gauge("symbolon_draining", "1 once the server shuts down, else 0.", Number(draining)),
  ];
}

function sessionsOf(counts: Readonly<Record<string, number>>): Metric[] {
  const samples = Object.entries(counts).map(([began, value]) => ({ labels: { began }, value }));
  const help =
    "Connections of sessions, by how the session began: new, resumed, or reset, which has lost an earlier one.";
  return [counter("symbolon_sessions_total", help, samples)];
}

function trafficOf(routes: readonly (readonly [route: string, traffic: RouteTraffic])[]): Metric[] {
  const inBothDirections = (received: keyof Counts, sent: keyof Counts): Sample[] =>
    routes.flatMap(([route, traffic]) => [
      { labels: { route, direction: "received" }, value: traffic[received] },
      { labels: { route, direction: "sent" }, value: traffic[sent] },
    ]);
  const byKey = (
    label: string,
    counts: (traffic: RouteTraffic) => ReadonlyMap<number, number>,
    name: (key: number) => string,
  ): Sample[] =>
    routes.flatMap(([route, traffic]) =>
      Array.from(sumBy(counts(traffic), name), ([key, value]) => ({
        labels: { route, [label]: key },
        value,
      })),
    );
  return [
    counter(
      "symbolon_connections_total",
      "Connections that were accepted.",
      routes.map(([route, { connections }]) => ({ labels: { route }, value: connections })),
    ),
    counter(
      "symbolon_messages_total",
      "WebSocket messages, those of sessions too: frames, acknowledgements, pings.",
      inBothDirections("received", "sent"),
    ),
    counter(
      "symbolon_message_bytes_total",
      "Bytes in these messages, before compression.",
      inBothDirections("receivedBytes", "sentBytes"),
    ),
    counter(
      "symbolon_closes_total",
      "Connections that have ended, by close code.",
      byKey("code", ({ closes }) => closes, codeName),
    ),
    counter(
      "symbolon_handshakes_refused_total",
      "Handshakes that were refused with a status, by hooks and handlers too.",
      byKey("status", ({ refusals }) => refusals, String),
    ),
  ];
}

type Counts = Omit<RouteTraffic, "closes" | "refusals">;

const known = new Set<number>(Object.values(CloseCode));

/** A client may close with any code from 3000 to 4999: the codes that symbolon does not use have one label. */
function codeName(code: number): string {
  return known.has(code) || (code >= 1000 && code <= 1015) ? String(code) : "other";
}

function sumBy(
  counts: ReadonlyMap<number, number>,
  name: (key: number) => string,
): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const [key, value] of counts) sums.set(name(key), (sums.get(name(key)) ?? 0) + value);
  return sums;
}

function counter(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, type: "counter", help, samples };
}
