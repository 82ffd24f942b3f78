import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";

/** The server's settings; all times are in ms. */
export interface Settings {
  /** The port that the server listens on. */
  readonly port: number;
  /** The folder of the files that survive the server. */
  readonly dataDirectory: string;
  /** When the server pings a silent client, and when it closes the connection. */
  readonly heartbeat: { readonly interval: number; readonly timeout: number };
  /** After this time a person whose page does not repeat its report no longer counts as typing. */
  readonly typingTimeout: number;
  /** Which node of several this server is; undefined when it is the only one. */
  readonly node: NodeSettings | undefined;
}

/** Which node a server is. The program that starts the nodes sets it. */
export interface NodeSettings {
  /** Its number, from 1. */
  readonly number: number;
  /** How many nodes there are. */
  readonly count: number;
  /** The folder of the Unix sockets of the nodes and of Redis. */
  readonly directory: string;
}

/** The path of the Unix socket that a node listens on. */
export function nodeSocket({ number, directory }: Pick<NodeSettings, "number" | "directory">): string {
  return join(directory, `node-${number}.sock`);
}

/** The path of the Unix socket of Redis in the folder of the nodes. */
export function redisSocket(directory: string): string {
  return join(directory, "redis.sock");
}

/** Reads the settings from environment variables. Ends the process when a variable is invalid. */
export function readSettings(): Settings {
  const port = readNumber("PORT", 3000);
  return {
    port,
    dataDirectory: process.env["DATA"] || join(import.meta.dirname, ".data", String(port)),
    heartbeat: {
      interval: readNumber("HEARTBEAT_INTERVAL", 25_000),
      timeout: readNumber("HEARTBEAT_TIMEOUT", 10_000),
    },
    typingTimeout: readNumber("TYPING_TIMEOUT", 6_000),
    node: readNode(),
  };
}

function readNode(): NodeSettings | undefined {
  const directory = process.env["NODES_DIRECTORY"];
  if (!directory) return undefined;
  return { number: readNumber("NODE_NUMBER", 1), count: readNumber("NODE_COUNT", 1), directory };
}

function readNumber(variable: string, defaultValue: number): number {
  const value = Number(process.env[variable] || defaultValue);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  console.error(`${variable} must be a whole number, not "${process.env[variable]}".`);
  return process.exit(1);
}

/** Ends the process when another program listens on the port. */
export async function checkPort(port: number): Promise<void> {
  const probe = createServer();
  try {
    await once(probe.listen(port), "listening");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
    console.error(`Port ${port} is in use: choose another, for example PORT=${port + 1} npm run demo`);
    process.exit(1);
  }
  await once(probe.close(), "close");
}
