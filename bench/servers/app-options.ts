/** How our server is set up in the bench. */
import type { AppOptions } from "@symbolon/server";

const many = 1_000_000_000;
/** `sessions.bytes`, for a work that needs more than the default. */
const { SESSION_BYTES: sessionBytes } = process.env;

/** All clients are on one machine, and send as fast as they can. */
export const appOptions: AppOptions = {
  limits: {
    connections: 100_000,
    perAddress: 100_000,
    httpPerAddress: 100_000,
    perPrincipal: 100_000,
    messagesPerSecond: many,
    bytesPerSecond: many,
    failedResumes: many,
  },
  handshake: { pending: 100_000 },
  sessions: {
    ...(sessionBytes !== undefined && { bytes: Number(sessionBytes) }),
    detachedPerPrincipal: 100_000,
    maxDetached: 100_000,
    maxDetachedBytes: many,
  },
  heartbeat: { interval: 300_000 }, // on a busy machine a measurement may last for longer than the default
  onError: (error) => console.error("symbolon:", error),
};
