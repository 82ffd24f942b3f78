import type { Awaitable, Store } from "@symbolon/server/store";
import type { Life } from "./life.ts";
import type { Troubled } from "./trouble.ts";

/** A store as one process reaches it: over a network, and so late; it may fail, and what a dead process asks is not answered. */
export function doorTo(store: Store, depot: Troubled, life: Life): Store {
  const { agenda, chance, settings } = depot;
  const { late } = settings;
  let [arrives, replies, waiting] = [0, 0, 0];
  const ask = <Answer>(what: string, act: () => Awaitable<Answer>): Awaitable<Answer> => {
    if (life.dead) return new Promise(() => {});
    const fate = depot.fate(what);
    if (late === 0 && waiting === 0 && fate === "well") return act();
    waiting += 1;
    return new Promise((resolve, reject) => {
      arrives = Math.max(arrives, agenda.now + chance.between(0, late));
      agenda.plan(undefined, arrives - agenda.now, () => {
        // A session that nobody learned of would stay until the next process begins.
        if (life.dead && what === "create") return;
        const answer = fate === "rejects" ? undefined : new Promise<Answer>((decide) => decide(act()));
        replies = Math.max(replies, agenda.now + chance.between(0, late));
        life.plan(replies - agenda.now, () => {
          waiting -= 1;
          if (answer === undefined || fate === "forgets") reject(depot.trouble(what));
          else resolve(answer);
        });
        answer?.catch(() => {}); // it may be that nobody lives who asked
      });
    });
  };
  const { sessions, rooms } = store;
  return {
    epoch: store.epoch,
    sessions: {
      create: (session) => ask("create", () => sessions.create(session)),
      attach: (request) => ask("attach", () => sessions.attach(request)),
      commit: (claim, record) => ask("commit", () => sessions.commit(claim, record)),
      detach: (claim, at) => ask("detach", () => sessions.detach(claim, at)),
      remove: (claim) => ask("remove", () => sessions.remove(claim)),
      list: () => ask("list", () => sessions.list()),
    },
    rooms: {
      append: (room, message, keep) => ask("append", () => rooms.append(room, message, keep)),
      read: (room, after, limit) => ask("read", () => rooms.read(room, after, limit)),
      position: (room) => ask("position", () => rooms.position(room)),
      sweep: (now, idle) => ask("sweep", () => rooms.sweep(now, idle)),
      subscribe: (room, listener) => {
        const unsubscribe = rooms.subscribe(room, (entry, epoch) => {
          if (late === 0) listener(entry, epoch);
          else life.plan(0, () => listener(entry, epoch));
        });
        life.atEnd(unsubscribe);
        return unsubscribe;
      },
    },
  };
}
