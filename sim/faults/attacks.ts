import { stranger } from "../modes/settings.ts";
import type { SeenFrame } from "../trace/trace.ts";
import type { Scene } from "./world.ts";

/** Says a `hello` again that the server has heard already, on a line of one's own. It must change nothing. */
export function replay(world: Scene): string | undefined {
  const hello = heardHello(world);
  return hello && attack(world, hello, "says a hello again");
}

/** Says a `hello` that was overheard, made fresh, but as somebody else or with a wrong secret. It must change nothing. */
export function forge(world: Scene): string | undefined {
  const hello = heardHello(world);
  const resume = hello?.["resume"] as { readonly rt?: string } | undefined;
  if (!hello) return undefined;
  const fresh = { ...hello, att: Number(hello["att"]) + world.chance.whole(1, 50) };
  if (!resume || world.chance.happens(0.5))
    return attack(world, { ...fresh, auth: `user ${stranger}` }, "says it as somebody else");
  const rt = String(resume.rt).replace(/[A-Za-z0-9]/g, (letter) => (letter === "a" ? "b" : "a"));
  return attack(world, { ...fresh, resume: { ...resume, rt } }, "guesses the secret");
}

/** One that arrived, of any client and of any age, though the newest more often. */
function heardHello({ trace, chance }: Scene): SeenFrame | undefined {
  const hellos = trace.entries.flatMap((entry) =>
    entry.is === "got" && entry.by === "server" && entry.frame.t === "hello" ? [entry] : [],
  );
  const genuine = hellos.filter(({ frame }) => String(frame["auth"]) !== `user ${stranger}`);
  if (genuine.length === 0) return undefined;
  return chance.oneOf(chance.happens(0.5) ? genuine.slice(-2) : genuine).frame;
}

function attack({ network, chance }: Scene, hello: SeenFrame, what: string): string {
  const line = network.attack(["symbolon.v1.json"], JSON.stringify(hello), () => {});
  if (chance.happens(0.3)) line.down.hold("an attacker that does not read");
  return `on line ${line.id} somebody ${what}`;
}
