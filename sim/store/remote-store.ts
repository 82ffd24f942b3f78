import type { Awaitable, Store } from "@symbolon/server/store";
import type { Scheduler } from "../virtual/scheduler.ts";
import { type NetworkOptions, RemoteWatcher } from "./remote-watcher.ts";
import type { StoreFaults } from "./store-faults.ts";

/** How a process reaches a store on another machine. */
export interface RemoteStoreOptions extends NetworkOptions {
  /** Runs the calls. */
  readonly scheduler: Scheduler;
  /** Makes calls fail. */
  readonly faults: StoreFaults;
  /** Whether half of what other processes tell this one is lost. */
  readonly losesNotices: boolean;
}

/** Which part of what processes tell each other is lost, by a store that loses some: it is only a hint. */
const lostNotices = 1 / 2;

/** Wraps a store so that calls take time and may fail, as calls over a network do. Calls and answers stay in order. */
export function remoteStore(store: Store, options: RemoteStoreOptions): Store {
  const { scheduler, random, faults, maxLatency, process, losesNotices } = options;
  let [lastArrival, lastAnswer, waiting] = [0, 0, 0];
  const call = <Answer>(name: string, act: () => Awaitable<Answer>): Awaitable<Answer> => {
    if (process.ended) return new Promise(() => {});
    const result = faults.drawResult(name);
    if (maxLatency === 0 && waiting === 0 && result === "succeeds" && process.reachesStore) return act();
    waiting += 1;
    return new Promise((resolve, reject) => {
      lastArrival = Math.max(lastArrival, scheduler.now + random.between(0, maxLatency));
      const arrive = (): void => {
        const answer = result === "fails before" ? undefined : new Promise<Answer>((decide) => decide(act()));
        lastAnswer = Math.max(lastAnswer, scheduler.now + random.between(0, maxLatency));
        process.schedule(lastAnswer - scheduler.now, () => {
          waiting -= 1;
          if (answer === undefined || result === "fails after") reject(faults.error(name));
          else resolve(answer);
        });
        answer?.catch(() => {}); // the caller does not handle a rejection if its process has ended
      };
      scheduler.schedule(undefined, lastArrival - scheduler.now, () => process.callStore(arrive));
    });
  };
  /** Calls a listener of the process. */
  const deliver = (act: () => void): void => {
    if (maxLatency === 0) act();
    else process.schedule(0, act);
  };
  const { sessions, rooms, tickets } = store;
  return {
    proofKey: () => call("proofKey", () => store.proofKey()),
    sessions: {
      create: (session) => call("create", () => sessions.create(session)),
      attach: (request) => call("attach", () => sessions.attach(request)),
      commit: (claim, record) => call("commit", () => sessions.commit(claim, record)),
      detach: (claim, ms) => call("detach", () => sessions.detach(claim, ms)),
      release: (claim, ms) => call("release", () => sessions.release(claim, ms)),
      willRelease: (claim) => call("willRelease", () => sessions.willRelease(claim)),
      renew: (connected, lease, detached) => call("renew", () => sessions.renew(connected, lease, detached)),
      watch: (node, listener) => {
        const unsubscribe = sessions.watch(node, (notice) => {
          const isLost = losesNotices && random.chance(lostNotices);
          if (!isLost && process.reachesStore) deliver(() => listener(notice));
        });
        process.onEnd(unsubscribe);
        return unsubscribe;
      },
      sweep: (grace) => call("sweep", () => sessions.sweep(grace)),
      remove: (claim, close) => call("remove", () => sessions.remove(claim, close)),
      list: (query) => call("list", () => sessions.list(query)),
    },
    tickets: {
      put: (hash, ticket, now) => call("put", () => tickets.put(hash, ticket, now)),
      take: (hash) => call("take", () => tickets.take(hash)),
    },
    rooms: {
      append: (room, message, keep) => call("append", () => rooms.append(room, message, keep)),
      read: (room, from, most) => call("read", () => rooms.read(room, from, most)),
      position: (room) => call("position", () => rooms.position(room)),
      membership: (room, member) => call("membership", () => rooms.membership(room, member)),
      endMembership: (room, member) => call("endMembership", () => rooms.endMembership(room, member)),
      sweep: (now, idle) => call("sweep", () => rooms.sweep(now, idle)),
      watch: (room, watcher) => {
        const remote = new RemoteWatcher(watcher, options);
        const started = call("watch", () => remote.start(rooms, room));
        const ready = started instanceof Promise ? started : undefined;
        ready?.catch(() => remote.stop());
        process.onEnd(() => remote.stop());
        return { ready, stop: () => remote.stop() };
      },
    },
  };
}
