/** The capabilities of five WebSocket frameworks, and the numbers of the cases that show them in detail. */

/** How much of a capability a framework has: all, a part, nothing, or only its server has it. A star: its documentation promises it. */
type Has = "Y*" | "Y" | "P*" | "P" | "–" | "server";

/** The frameworks, in the order of a row's columns. */
export const frameworks = ["Responder", "Quart", "FastAPI", "view.py", "Litestar"] as const;

/** The number of a capability, its name, and how much of it each framework has. */
export type Row = readonly [number: number, capability: string, ...has: [Has, Has, Has, Has, Has]];

/** The capabilities. Those that the documentation of a framework promises are required here. */
export const rows: readonly Row[] = [
  [1, "WS route declared by path, next to HTTP", "Y*", "Y*", "Y*", "Y*", "Y*"],
  [2, "standalone route objects loaded later", "Y", "Y", "Y", "Y*", "Y"],
  [3, "HTML page / static files from the same app (the demo page)", "Y*", "Y", "Y*", "Y", "Y"],
  [4, "HTTP and WS on one path, mismatch answered", "–", "Y*", "Y", "Y", "Y"],
  [5, "explicit accept", "Y*", "Y*", "Y*", "Y*", "Y*"],
  [6, "implicit accept on first send/receive", "–", "Y*", "–", "–", "Y*"],
  [7, "customise acceptance (headers, own accept function)", "P", "Y", "Y", "–", "Y*"],
  [8, "choose a subprotocol from those offered", "Y", "Y", "Y", "–", "Y"],
  [9, "close before accept → HTTP 403", "Y", "Y*", "Y", "–", "Y"],
  [10, "reject with any HTTP status, headers, body", "P", "Y*", "Y", "P", "–"],
  [11, "text", "Y*", "Y*", "Y*", "Y*", "Y*"],
  [12, "bytes", "Y*", "Y*", "Y*", "Y*", "Y*"],
  [13, "JSON", "Y*", "Y", "Y*", "Y*", "Y*"],
  [14, "receive any message (string or bytes by frame)", "P", "Y*", "P", "P", "–"],
  [15, "text/binary transport mode, each direction", "P", "–", "Y", "–", "Y*"],
  [16, "typed receive: string, int, bool, bytes, object", "–", "–", "–", "Y*", "P"],
  [17, "message types checked (schema)", "–", "–", "–", "P", "P*"],
  [18, "pair: send-then-receive, or receive-first", "–", "–", "–", "Y*", "–"],
  [19, "expect a given message", "–", "–", "–", "Y*", "–"],
  [20, "scoped lifetime", "–", "–", "–", "Y*", "P"],
  [21, "loop to the end of the connection", "P", "–", "Y", "–", "Y"],
  [22, "disconnect as a typed error with code and reason", "Y*", "P*", "Y*", "P*", "P"],
  [
    23,
    "handler learns at once that the client disconnected, whatever it is awaiting",
    "–",
    "Y*",
    "–",
    "–",
    "P*",
  ],
  [24, "close(code, reason) from the server", "Y*", "Y*", "Y", "P*", "Y*"],
  [25, "independent producer and consumer", "Y", "Y*", "Y", "Y", "Y*"],
  [26, "connection lifecycle states readable", "Y*", "–", "Y", "Y", "Y"],
  [27, "misuse is a typed error", "P", "P", "Y", "Y*", "P"],
  [28, "broadcast to all, safe when clients come and go", "Y*", "Y", "Y*", "–", "Y"],
  [29, "personal message, join and disconnect notices", "Y", "–", "Y*", "–", "–"],
  [30, "always remove on disconnect", "Y*", "Y", "Y*", "–", "Y"],
  [31, "more than one process", "–", "P", "P*", "–", "Y"],
  [32, "path params, typed", "Y", "Y", "Y*", "P*", "Y"],
  [33, "query params, typed and required", "P", "P", "Y*", "Y*", "Y"],
  [34, "headers and cookies as inputs", "Y", "Y*", "Y*", "–", "Y"],
  [35, "Basic credentials parsed", "Y", "Y*", "Y", "–", "Y"],
  [36, "invalid input → handshake refused", "Y", "P", "Y*", "Y", "Y"],
  [37, "dependencies", "Y", "–", "Y*", "–", "Y*"],
  [38, "dependency cleaned up after the connection; once per connection", "Y", "–", "Y", "–", "Y*"],
  [39, "security dependency (token from query or cookie)", "Y", "Y", "Y*", "–", "Y"],
  [40, "before-hook for WS, may refuse or accept", "Y*", "Y", "P", "–", "P"],
  [41, "after / teardown hooks", "Y", "Y", "P", "–", "Y"],
  [42, "error raised anywhere → close code, and handlers for own errors", "P", "P", "Y*", "–", "P"],
  [43, "unhandled error → 1011, logged", "Y", "–", "–", "–", "–"],
  [44, "event listener style: message in, return value out", "–", "–", "–", "–", "Y*"],
  [45, "listener function sync or async", "–", "–", "–", "–", "Y*"],
  [46, "listener: nothing returned → nothing sent", "–", "–", "–", "–", "Y*"],
  [47, "listener: default JSON, string/bytes by declaration", "–", "–", "–", "–", "Y*"],
  [48, "wrong frame kind for the mode is ignored", "–", "–", "Y", "–", "P*"],
  [49, "socket available inside a listener / stream", "–", "–", "–", "–", "Y*"],
  [50, "return after close in a listener does no harm", "–", "–", "–", "–", "P*"],
  [51, "class-based handler with connect/message/disconnect", "Y", "–", "Y*", "–", "Y*"],
  [52, "connection lifespan wrapper", "–", "–", "–", "–", "Y*"],
  [53, "own socket class / per-layer", "–", "Y", "–", "–", "Y*"],
  [54, "server push stream from a generator", "–", "–", "–", "–", "Y*"],
  [55, "stream stops, and its finally runs, when client disconnects", "–", "–", "–", "–", "Y*"],
  [
    56,
    "a message arrives while a stream sends: an error by default, optional discard",
    "–",
    "–",
    "–",
    "–",
    "P*",
  ],
  [57, "stream and receive together", "–", "Y", "–", "–", "Y*"],
  [58, "stream deps live as long as the stream; take locks inside", "–", "–", "–", "–", "Y*"],
  [59, "rich objects serialised (dates, classes), fields hidden", "–", "Y", "–", "–", "Y*"],
  [60, "app state / shared store on the socket", "Y", "Y", "Y", "–", "Y*"],
  [61, "session readable on the handshake", "Y", "Y", "Y", "–", "Y"],
  [62, "unknown WS route refused", "Y*", "Y", "Y", "Y", "Y"],
  [63, "routers, prefix, mount, blueprint name", "Y", "Y", "Y", "Y", "Y"],
  [64, "names and reverse URLs", "Y", "Y", "Y", "–", "Y"],
  [65, "guards", "–", "–", "–", "–", "Y"],
  [66, "middleware that sees WS too", "P", "P", "Y", "–", "Y"],
  [67, "in-process test client", "Y*", "Y*", "Y", "Y", "Y*"],
  [68, "test can assert a refusal with status", "Y*", "Y*", "Y", "–", "Y"],
  [69, "test client options", "Y", "Y", "Y", "Y", "Y"],
  [70, "plain browser `WebSocket` and CLI clients work without the SDK", "Y*", "Y", "Y*", "Y", "Y"],
  [71, "page builds its own `ws:`/`wss:` URL", "P*", "Y", "P*", "–", "–"],
  [72, "idle timeout", "Y", "–", "–", "–", "–"],
  [
    73,
    "ping, max message size, backpressure, shutdown code",
    "server",
    "server",
    "server",
    "server",
    "server",
  ],
  [74, "client reconnection", "–", "–", "–", "–", "–"],
];

/** The numbers of the cases. The missing numbers were never used. */
export const cases: readonly number[] = [
  // Echo, text, bytes, JSON
  1, 2, 3, 4, 6, 7, 8, 9, 11, 12, 13, 14, 16, 17, 18, 19,
  // Typed helpers (view.py)
  21, 22, 23, 24, 26, 27, 28, 29,
  // Handshake and its errors
  31, 32, 33, 34, 36, 37, 38, 39, 41, 42, 43, 44, 46, 47, 48, 49,
  // Rejecting
  51, 52, 53, 54, 56, 57, 58, 59, 61, 62, 63, 64, 66,
  // Closing and disconnecting
  67, 68, 69, 71, 72, 73, 74, 76, 77, 78, 79, 81, 82, 83, 84,
  // Errors in handlers
  86, 87, 88, 89, 91, 92, 93, 94, 96,
  // Routing, params, URL
  97, 98, 99, 101, 102, 103, 104, 106, 107, 108, 109, 111, 112, 113, 114, 116, 117, 118, 119, 121, 122, 123,
  // Hooks, guards, middleware, DI
  124, 126, 127, 128, 129, 131, 132, 133, 134, 136, 137, 138, 139, 141, 142, 143, 144, 146, 147, 148, 149,
  151,
  // Class-based, listeners, streams, channels
  152, 153, 154, 156, 157, 158, 159, 161, 162, 163, 164, 166, 167, 168, 169, 171, 172, 173, 174, 176, 177,
  178, 179, 181, 182,
  // Chat and test client
  183, 184, 186, 187, 188, 189,
];
