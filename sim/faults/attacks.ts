import { attackerId } from "../app/server-process.ts";
import type { TracedFrame } from "../trace/trace.ts";
import type { World } from "./world.ts";

/** An attacker sends a `hello` on a wire of its own that the server has received before. The server must refuse it. */
export function replayHello(world: World): string | undefined {
  const hello = pickReceivedHello(world);
  return hello && attack(world, hello, "replays a hello");
}

/**
 * An attacker sends a `hello` that it has overheard, with a higher attempt, and with another principal, another resume
 * token or another key. The server must neither resume the session nor end it.
 */
export function forgeHello(world: World): string | undefined {
  const hello = pickReceivedHello(world);
  const resume = hello?.["resume"] as { readonly rt?: string } | undefined;
  if (!hello) return undefined;
  const fresh = { ...hello, att: Number(hello["att"]) + world.random.integer(1, 50) };
  if (world.random.chance(0.4))
    return attack(world, { ...fresh, auth: `user ${attackerId}` }, "sends a hello as another principal");
  if (!resume || world.random.chance(0.5))
    return attack(world, { ...fresh, key: guess(hello["key"]) }, "sends a hello with a guessed key");
  const rt = guess(resume.rt);
  return attack(world, { ...fresh, resume: { ...resume, rt } }, "sends a hello with a guessed token");
}

/** A secret of the same length as another. */
function guess(secret: unknown): string {
  return String(secret).replace(/[A-Za-z0-9]/g, (character) => (character === "a" ? "b" : "a"));
}

/**
 * An attacker with an account of its own sends the positions in rooms that it has overheard, from the first message on. It
 * must receive nothing from before it joined.
 */
export function forgePositions(world: World): string | undefined {
  const hello = pickReceivedHello(world);
  const rooms = hello?.["rooms"] as readonly (readonly unknown[])[] | undefined;
  if (!hello || !rooms?.length) return undefined;
  const { resume: _, ...others } = hello;
  const forged = rooms.map(([room, ep, , , proof]) => [room, ep, 0, 0, proof]);
  const own = { auth: `user ${attackerId}`, key: guess(hello["key"]), rooms: forged };
  return attack(world, { ...others, ...own }, "sends positions in rooms");
}

/** An attacker without an account begins a session, and sends the token of a client in it. The server must close it. */
export function forgeToken(world: World): string | undefined {
  const hello = pickReceivedHello(world);
  if (!hello) return undefined;
  const { resume: _, rooms: __, auth: token, ...others } = hello;
  const own = { ...others, key: guess(hello["key"]) };
  return attack(world, own, "sends the token of a client", { t: "auth", token });
}

/** A `hello` of any client that the server has received; recent ones are drawn more often. */
function pickReceivedHello({ trace, random }: World): TracedFrame | undefined {
  const received = trace.entries.flatMap((entry) =>
    entry.type === "frameReceived" && entry.by === "server" && entry.frame.t === "hello" ? [entry] : [],
  );
  const attackers: readonly unknown[] = [undefined, `user ${attackerId}`];
  const genuine = received.filter(({ frame }) => !attackers.includes(frame["auth"]));
  if (genuine.length === 0) return undefined;
  return random.pick(random.chance(0.5) ? genuine.slice(-2) : genuine).frame;
}

function attack(
  { network, random }: World,
  hello: TracedFrame,
  description: string,
  second?: TracedFrame,
): string {
  const wire = network.dialAttacker(
    ["symbolon.v1.json"],
    JSON.stringify(hello),
    second && JSON.stringify(second),
  );
  if (random.chance(0.3)) wire.down.block("attacker does not read");
  return `on wire ${wire.id} an attacker ${description}`;
}
