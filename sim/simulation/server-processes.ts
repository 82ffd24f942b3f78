import type { Application } from "../app/application.ts";
import { ServerProcess } from "../app/server-process.ts";
import type { NoticeDelay, ServerControl } from "../faults/world.ts";
import type { WorldSettings } from "../modes/settings.ts";
import type { Network } from "../network/network.ts";
import { isStoreFailure } from "../store/store-faults.ts";
import type { OpenedStore, StoreHost } from "../store/store-host.ts";
import { ProcessScope } from "../virtual/process-scope.ts";

/** What server processes need. */
export interface ServerProcessesOptions {
  /** The application that the processes run. */
  readonly application: Application;
  /** The network that reaches them. */
  readonly network: Network;
  /** The store that outlives them. */
  readonly storeHost: StoreHost;
  /** Their settings. */
  readonly settings: WorldSettings;
  /** Numbers the processes of the world. */
  readonly nextId: () => number;
}

/** How long after a failed start the server starts again, in ms. */
const restartDelay = 500;

/** Starts, crashes and replaces the process of a server. */
export class ServerProcesses implements ServerControl {
  /** The process that receives handshakes; undefined while none runs. */
  current: ServerProcess | undefined;
  /** The process reaches the store again. */
  endCutOff = (): void => {};
  /** Ends the replaced process; undefined if no process was replaced. */
  endPrevious: (() => void) | undefined;
  readonly #options: ServerProcessesOptions;
  /** The scope of the current process, which exists before the process has opened its store. */
  #scope: ProcessScope | undefined;
  /** The replaced process, while it runs. */
  #previous:
    | { readonly scope: ProcessScope | undefined; readonly server: ServerProcess | undefined }
    | undefined;

  constructor(options: ServerProcessesOptions) {
    this.#options = options;
  }

  /** Starts a process, if none runs. If its store does not open, it crashes and starts again. */
  start(): void {
    if (this.#scope) return;
    const { application, storeHost } = this.#options;
    const scope = new ProcessScope(application.scheduler);
    this.#scope = scope;
    const opened = storeHost.open(scope);
    if (opened instanceof Promise)
      void opened.then(
        (store) => this.#run(scope, store),
        (error: unknown) => {
          if (!isStoreFailure(error)) application.recordError("server", error);
          this.crash(() => 0);
          application.scheduler.schedule(undefined, restartDelay, () => this.start());
        },
      );
    else this.#run(scope, opened);
  }

  /** Ends all processes at once and tears the write in progress. */
  crash(noticeDelay: NoticeDelay): void {
    this.endPrevious?.();
    this.#scope?.end();
    this.#scope = undefined;
    this.#options.storeHost.files.tear();
    this.#end(this.current, noticeDelay);
    this.current = undefined;
  }

  /** Replaces the current process, by a new one or by the previous one. */
  replace(noticeDelay: NoticeDelay, byPrevious: boolean): void {
    const successor = byPrevious ? this.#previous : undefined;
    if (!successor) this.endPrevious?.();
    const { scope, server } = (this.#previous = { scope: this.#scope, server: this.current });
    this.#scope = successor?.scope;
    this.#serve(successor?.server);
    this.endPrevious = () => {
      this.endPrevious = undefined;
      this.#previous = undefined;
      scope?.end();
      this.#end(server, noticeDelay);
    };
    this.start();
  }

  /** The process does not reach the store for `ms`, or until `endCutOff`. */
  cutOff(ms: number): void {
    this.endCutOff();
    if (this.#scope) this.endCutOff = this.#scope.cutOffStore();
    this.#options.application.scheduler.schedule(undefined, ms, this.endCutOff);
  }

  /** The process receives handshakes, in place of the one before. */
  #serve(server: ServerProcess | undefined): void {
    const { servers } = this.#options.network;
    if (this.current) servers.delete(this.current);
    if (server) servers.add(server);
    this.current = server;
  }

  #end(server: ServerProcess | undefined, noticeDelay: NoticeDelay): void {
    const { application, network } = this.#options;
    server?.end();
    if (server) application.trace.add({ type: "processEnded", process: server.id });
    network.serverEnded(server, noticeDelay);
  }

  #run(scope: ProcessScope, { store, history }: OpenedStore): void {
    if (scope !== this.#scope) return; // the process ended while its store opened
    const { application, network, settings, nextId } = this.#options;
    const id = nextId();
    application.trace.add({ type: "processStarted", process: id, history });
    this.#serve(new ServerProcess({ application, network, settings, id, ...(store && { store }) }));
  }
}
