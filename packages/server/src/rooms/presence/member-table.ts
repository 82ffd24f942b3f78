import type { PresentMember } from "@symbolon/protocol/internal";

/** A client in a room, as the process that serves it announces it. */
export interface PresentConnection {
  /** The id of its peer: the same in each process to which its session moves. */
  readonly id: string;
  /** Its principal, by which it may be one member with others. */
  readonly principal?: string | undefined;
  /** Whether it is disconnected. */
  readonly away: boolean;
  /** What it shows. */
  readonly data?: unknown;
  /** When it has set that, in ms since 1970; 0 before. */
  readonly at: number;
}

/** What has changed in a room after a version of it. */
export interface MemberChanges {
  /** The members that are new or have changed. */
  readonly here: readonly PresentMember[];
  /** The ids of members that are gone. */
  readonly gone: readonly string[];
}

/** A member, with its connections in all processes, by process and id. */
interface Entry {
  readonly connections: Map<string, Announced>;
  member?: PresentMember;
  /** The version of the table in which it changed last. */
  version: number;
}

/** How many members that are gone it knows: who has not learned of more gets all members anew. */
const maxGone = 1_000;

/** Who is in a room: the connections that each process announces, joined to members. */
export class MemberTable {
  readonly #byPrincipal: boolean;
  /** The ids of the members of each process's connections. */
  readonly #nodes = new Map<string, Map<string, string>>();
  readonly #entries = new Map<string, Entry>();
  /** The members that are gone, the first one first, each with the version in which it went. */
  readonly #gone = new Map<string, number>();
  #version = 0;
  /** The version up to which members that are gone are forgotten. */
  #forgotten = 0;

  /** `by`: who a member is, as the contract says. */
  constructor(by: "principal" | "connection" = "principal") {
    this.#byPrincipal = by === "principal";
  }

  /** It grows with each change. */
  get version(): number {
    return this.#version;
  }

  /** All members. */
  get members(): readonly PresentMember[] {
    return this.#present(0);
  }

  /** The processes that have connections. */
  get nodes(): readonly string[] {
    return Array.from(this.#nodes.keys());
  }

  /** The id of the member that a connection belongs to. No principal is equal to the id of another connection. */
  memberOf({ id, principal }: Pick<PresentConnection, "id" | "principal">): string {
    return this.#byPrincipal && principal !== undefined ? `@${principal}` : id;
  }

  /** When the member of a connection has set last what it shows, in ms since 1970; 0 before. */
  newestOf(connection: Pick<PresentConnection, "id" | "principal">): number {
    const all = this.#entries.get(this.memberOf(connection))?.connections.values() ?? [];
    return Math.max(0, ...Array.from(all, ({ connection: { at } }) => at));
  }

  /** A process announces a connection. */
  set(node: string, connection: PresentConnection): void {
    const member = this.memberOf(connection);
    const ids = this.#nodes.get(node) ?? new Map<string, string>();
    this.#nodes.set(node, ids.set(connection.id, member));
    const entry = this.#entries.get(member) ?? { connections: new Map(), version: 0 };
    entry.connections.set(`${node} ${connection.id}`, { node, connection });
    this.#entries.set(member, entry);
    this.#update(member, entry);
  }

  /** A connection of a process has left. */
  delete(node: string, id: string): void {
    const ids = this.#nodes.get(node);
    const member = ids?.get(id);
    const entry = member === undefined ? undefined : this.#entries.get(member);
    if (ids === undefined || member === undefined || entry === undefined) return;
    ids.delete(id);
    if (ids.size === 0) this.#nodes.delete(node);
    entry.connections.delete(`${node} ${id}`);
    this.#update(member, entry);
  }

  /** A process has these connections, and no others. */
  replace(node: string, ids: ReadonlySet<string>): void {
    for (const id of Array.from(this.#nodes.get(node)?.keys() ?? [])) if (!ids.has(id)) this.delete(node, id);
  }

  /** What has changed after a version; undefined when that is not known any more. */
  since(version: number): MemberChanges | undefined {
    if (version < this.#forgotten) return undefined;
    const gone = Array.from(this.#gone).filter(([, at]) => at > version);
    return { here: this.#present(version), gone: gone.map(([id]) => id) };
  }

  #present(after: number): PresentMember[] {
    const members: PresentMember[] = [];
    for (const { member, version } of this.#entries.values())
      if (member !== undefined && version > after) members.push(member);
    return members;
  }

  #update(id: string, entry: Entry): void {
    const before = entry.member;
    if (entry.connections.size === 0) {
      this.#entries.delete(id);
      this.#version += 1;
      this.#addGone(id);
      return;
    }
    const member = joined(id, this.#byPrincipal, Array.from(entry.connections.values()));
    if (before?.data === member.data && before?.state === member.state)
      if (before.connections === member.connections) return;
    this.#version += 1;
    entry.member = member;
    entry.version = this.#version;
    this.#gone.delete(id);
  }

  #addGone(id: string): void {
    this.#gone.set(id, this.#version);
    const [first] = this.#gone;
    if (this.#gone.size <= maxGone || first === undefined) return;
    this.#gone.delete(first[0]);
    this.#forgotten = first[1];
  }
}

/** A connection, and the process that announces it. */
interface Announced {
  readonly node: string;
  readonly connection: PresentConnection;
}

/** Orders connections that have set at the same time what they show. */
function compare(left: Announced, right: Announced): number {
  if (left.node !== right.node) return left.node > right.node ? 1 : -1;
  return left.connection.id > right.connection.id ? 1 : -1;
}

/** A member, from all its connections. A session that moves is announced by two processes: it counts once. */
function joined(id: string, byPrincipal: boolean, all: readonly Announced[]): PresentMember {
  const newest = all.reduce((best, one) => {
    const later = one.connection.at - best.connection.at || compare(one, best); // the same in each process
    return later > 0 ? one : best;
  });
  const { principal, data } = newest.connection;
  return {
    id,
    ...(byPrincipal && principal !== undefined && { principal }),
    state: all.every(({ connection }) => connection.away) ? "away" : "here",
    connections: new Set(all.map(({ connection }) => connection.id)).size,
    ...(data !== undefined && { data }),
  };
}
