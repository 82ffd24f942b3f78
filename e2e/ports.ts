import { once } from "node:events";
import { createServer } from "node:net";

/**
 * All blocks are below 32,768, where Linux begins to give ports to outgoing connections: the port of a killed server
 * stays free until the test starts the server again.
 */
const firstBlock = 20_000;
/** How many ports a block has. */
const blockSize = 500;
/** How many blocks there are; each process of each test run that starts servers reserves one. */
const blockCount = 25;

let block: Promise<number> | undefined;
let used = 0;

/** Yields ports for a test's server to try. Two processes never receive the same port, nor do two servers of one test. */
export async function* ports(): AsyncGenerator<number, void, undefined> {
  const reservation = await (block ??= reserveBlock());
  for (let tried = 1; tried < blockSize; tried += 1) yield reservation + 1 + (used++ % (blockSize - 1));
}

/** Reserves the first free block of ports until the process ends: listens on its first port, and returns that port. */
async function reserveBlock(): Promise<number> {
  for (let index = 0; index < blockCount; index += 1) {
    const port = firstBlock + index * blockSize;
    const reservation = createServer().listen(port).unref();
    try {
      await once(reservation, "listening");
      return port;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
    }
  }
  throw new Error(`all ${blockCount} blocks of ports are reserved: end other test runs`);
}

/** Finds a port on which no program listens, for a program that cannot try another one by itself. */
export async function findFreePort(): Promise<number> {
  for await (const port of ports()) if (await listens(port)) return port;
  throw new Error("no port is free");
}

/** Whether a server could listen on the port; it listens no longer when this resolves. */
async function listens(port: number): Promise<boolean> {
  const probe = createServer().listen(port);
  try {
    await once(probe, "listening");
  } catch {
    return false;
  }
  await once(probe.close(), "close");
  return true;
}
