import type { Row } from "./table.ts";

/** What holds without options. A comment above a test names the lines that it shows: `// S20`. */
export const lines: readonly Row[] = [
  {
    id: "S1",
    text: "A page connects only from the server's own host and port, or from a listed origin; scheme, host and port are compared exactly. Else 403; several `Origin` headers: 400. Unless `NODE_ENV` is `production`, pages of the same machine also connect over a loopback address.",
  },
  { id: "S2", text: "Cookies without an `Origin` are refused with 403. A program without both connects." },
  {
    id: "S3",
    text: "Bound to a loopback address, the server answers loopback names alone; `security.hosts` names others. Else 421.",
  },
  {
    id: "S4",
    text: "A handshake that RFC 6455 does not allow is refused: unknown path 404, method 405, version 426, key, target or body 400. Under `attach` a session at an unknown path closes with 4404 at once.",
  },
  { id: "S5", text: "Headers have at most 16 KiB (431) and 10 s (408), under `serve` and `attach`." },
  {
    id: "S6",
    text: "Hooks decide within 10 s, and 1,000 handshakes are undecided at most, sessions without `hello` included. Else 503; each way out frees its place.",
  },
  {
    id: "S7",
    text: "Connections are limited for the server (503), for an address or /64 (429) and for a principal (4429), from TCP on. Only a trusted proxy names addresses.",
  },
  { id: "S8", text: "A server that drains refuses new WebSockets with 503." },
  {
    id: "S9",
    text: "The server selects a subprotocol of its own list alone, and refuses a list with invalid, repeated or non-ASCII names: 400.",
  },
  {
    id: "S10",
    text: "Logs drop every query. A ticket is single use, for 30 s, and bound to a principal and an origin.",
  },
  {
    id: "S11",
    text: "A session begins with `hello`: no other frame first (4401), within 5 s (4903), of at most 40 KiB. What arrives before `welcome` is bounded.",
  },
  {
    id: "S12",
    text: "An unknown version of the protocol closes with 4400, and the reason lists the known ones.",
  },
  {
    id: "S13",
    text: "A resume with a wrong secret, key, principal or name gets one answer, and ten failures in a minute close the next ones of that address with 4429.",
  },
  {
    id: "S14",
    text: "A message has at most 64 KiB (1009), whatever its fragments. A route may have a lower limit (`TOO_LARGE`).",
  },
  { id: "S15", text: "Nothing is compressed, and no extension is accepted." },
  {
    id: "S16",
    text: "A message has at most 1,024 fragments, empty ones too, and arrives within 30 s of its first byte. Else 1008.",
  },
  {
    id: "S17",
    text: "Bytes that RFC 6455 does not allow close with 1002, text that is not UTF-8 with 1007.",
  },
  {
    id: "S18",
    text: "A frame that PROTOCOL.md does not describe, one nested deeper than 64 or with more than 10,000 keys closes a session with 4400. A plain client gets `BAD_FRAME`, at the third one 1008.",
  },
  {
    id: "S19",
    text: "`__proto__`, `constructor` and `prototype` change no prototype, wherever they arrive.",
  },
  {
    id: "S20",
    text: "A message without a handler fails with `NOT_FOUND`, also when an object's own names are asked for.",
  },
  {
    id: "S21",
    text: "Errors show neither long input nor a stack: a handler that throws gives `INTERNAL` with an id that the log has too, and the process lives.",
  },
  {
    id: "S22",
    text: "A client sends 100 messages or pings and 1 MiB a second, and twice that at once. Beyond it the server reads it later, or starts its handlers later, and drops nothing.",
  },
  {
    id: "S23",
    text: "A client is in 100 rooms at most. The name of a room has 200 bytes at most, and neither control characters nor `*`; the client cannot choose rooms by a pattern.",
  },
  {
    id: "S24",
    text: "A connection has 16 requests and streams and one event handled at once, a server 10,000; the others wait. An account that fills this delays itself.",
  },
  {
    id: "S25",
    text: "Numbers out of their range and acknowledgements of what was never sent close with 4400, messages beyond the credit with 4429.",
  },
  {
    id: "S26",
    text: "A client that does not read is left with 4901: after 10 s with 1 MiB unsent, and the fullest first when 128 MiB wait on all sockets.",
  },
  {
    id: "S27",
    text: "The server sends close codes that may be sent, and cuts a reason to 123 bytes between two characters.",
  },
  { id: "S28", text: "A client that does not answer a close is disconnected after 5 s." },
  {
    id: "S29",
    text: "What a client sent is in the log as JSON, cut to 256 characters, without control characters, tokens or payloads.",
  },
  {
    id: "S30",
    text: "An expired credential ends a connection with 4401, another principal with 4403. `app.revoke` ends connected and detached sessions at once.",
  },
  {
    id: "S31",
    text: "What hooks return for a new credential replaces what they returned before, for each later message.",
  },
  {
    id: "S32",
    text: "Detached sessions are bounded by number and bytes, and who fills a bound ends its own.",
  },
  {
    id: "S33",
    text: "A session resumes 100 times a minute at most (4429), and what it sends again obeys the credit.",
  },
  {
    id: "S34",
    text: "A damaged journal opens, and reports what is lost. Other users of the machine can neither read nor change a store.",
  },
  {
    id: "S35",
    text: "The client sends no credential without TLS, checks certificates, follows no redirect, stops at terminal codes, and keeps what a server sends within bounds.",
  },
  {
    id: "S36",
    text: "All of this needs no option: under `serve` and `attach`, on raw routes, for plain clients and for sessions, in JSON and MessagePack.",
  },
  { id: "S37", text: "The server needs `ws` 8.21.1, and fails with an older one." },
];
