import { Announcements, type AnnouncementsOptions } from "../store/announcements.ts";

/** The clients of a process. */
export interface BalancedClients {
  /** How many are connected. */
  readonly connected: number;
  /** Asks so many of them to connect elsewhere within `within` ms, one after another. @returns how many it could ask. */
  moveAway(count: number, within: number): number;
}

/** What a process announces to the others of its store. */
interface NodeLoad {
  /** Names the process. */
  readonly node: string;
  /** How many clients are connected to it; undefined when it takes no more. */
  readonly connected?: number;
}

/** How often a process announces its load, and asks clients to connect elsewhere, in ms. */
const beatInterval = 5_000;
/** After how many ms without an announcement a process is not counted any more. */
const expiry = 15_000;
/** A process has far too many clients when it has so many times the mean of all, and so many more. */
const [farAbove, slack] = [1.25, 5];
/** Then it asks clients to go until it has no more than so many times the mean. */
const closeTo = 1.05;
/** Which part of the clients above the mean is asked in one beat. */
const part = 0.1;

/** Gives a process that comes back its share: a process that has far more clients than the others asks some to connect elsewhere. */
export class Balance {
  readonly #options: AnnouncementsOptions;
  readonly #node: string = crypto.randomUUID();
  /** What the other processes have announced last, and when. */
  readonly #others = new Map<string, { readonly connected: number; readonly at: number }>();
  #announcements: Announcements<NodeLoad> | undefined;
  /** Whether clients are asked until this process has about as many as the others. */
  #moving = false;

  constructor(options: Omit<AnnouncementsOptions, "key">) {
    this.#options = { ...options, key: "symbolon balance" };
  }

  /** Announces the load of `clients` from now on, until `stop`. */
  start(clients: BalancedClients): void {
    if (this.#announcements !== undefined) return;
    this.#announcements = new Announcements(
      this.#options,
      { name: "load", read: readLoad },
      { receive: (load) => this.#receive(load), missed: () => {} },
    );
    this.#beat(this.#announcements, clients);
  }

  /** This process takes no more clients. */
  stop(): void {
    const announcements = this.#announcements;
    this.crash();
    announcements?.announce({ node: this.#node }).catch(this.#options.onError);
  }

  /** Announces nothing more. */
  crash(): void {
    this.#announcements?.stop();
    this.#announcements = undefined;
  }

  #receive({ node, connected }: NodeLoad): void {
    if (node === this.#node) return;
    if (connected === undefined) this.#others.delete(node);
    else this.#others.set(node, { connected, at: this.#options.clock.now });
  }

  #beat(announcements: Announcements<NodeLoad>, clients: BalancedClients): void {
    if (this.#announcements !== announcements) return;
    const { clock, onError } = this.#options;
    const { connected } = clients;
    announcements.watch();
    announcements.announce({ node: this.#node, connected }).catch(onError);
    const count = this.#surplus(connected);
    if (count > 0) clients.moveAway(Math.ceil(count * part), beatInterval);
    clock.after(beatInterval, () => this.#beat(announcements, clients));
  }

  /** How many clients this process has above the mean; 0 unless they are far too many, or were so lately. */
  #surplus(own: number): number {
    const { now } = this.#options.clock;
    for (const [node, { at }] of Array.from(this.#others)) if (now - at > expiry) this.#others.delete(node);
    const loads = [own, ...Array.from(this.#others.values(), ({ connected }) => connected)];
    const mean = loads.reduce((sum, connected) => sum + connected, 0) / loads.length;
    this.#moving = own > mean * (this.#moving ? closeTo : farAbove) + (this.#moving ? 0 : slack);
    return this.#moving ? own - mean : 0;
  }
}

/** @throws TypeError for what no process of this version announces. */
function readLoad(text: string): NodeLoad {
  const read = Object(JSON.parse(text)) as Partial<Record<keyof NodeLoad, unknown>>;
  const { node, connected = 0 } = read;
  const isCount = Number.isSafeInteger(connected) && Number(connected) >= 0;
  if (typeof node === "string" && isCount) return read as unknown as NodeLoad;
  throw new TypeError("an announcement of a process's load that another version has made: it is not applied");
}
