import { Balancer } from "../demo/nodes/balancer.ts";
import { ports } from "../e2e/ports.ts";
import { ServerProcess } from "../e2e/server-process.ts";
import { RedisServer } from "../packages/redis/test/redis-server/redis-server.ts";
import { checkHealth } from "./health-checks.ts";
import { Interruptions } from "./interruptions.ts";

/** Options of nodes. */
export interface NodesOptions {
  /** How many server processes there are. */
  readonly count: number;
  /** Their environment variables, besides `PORT` and `STORE`. */
  readonly env: Readonly<Record<string, string>>;
  /** Whether the balancer sends clients only to nodes that answer. */
  readonly healthChecks: boolean;
}

/** Where a node listens. */
interface NodeAddress {
  readonly port: number;
  readonly host: string;
}

/** How long a node may take to end after a SIGTERM, in ms: its drain of 5 s, 8 s for what is open, and some time of a busy machine. */
const terminationTimeout = 15_000;

/** Several server processes that share one Redis, behind a balancer. */
export class Nodes {
  readonly interruptions = new Interruptions();
  readonly redis: RedisServer;
  readonly nodes: readonly ServerProcess[];
  readonly #balancer: Balancer;
  /** The addresses of the nodes, as the balancer has them. */
  readonly #targets: readonly NodeAddress[];
  readonly #problems: string[] = [];
  readonly #ended = new AbortController();

  private constructor(
    redis: RedisServer,
    nodes: readonly ServerProcess[],
    balancer: Balancer,
    targets: readonly NodeAddress[],
  ) {
    this.redis = redis;
    this.nodes = nodes;
    this.#balancer = balancer;
    this.#targets = targets;
  }

  /** Starts Redis, the nodes and the balancer. `stop` has to be called. */
  static async start({ count, env, healthChecks }: NodesOptions): Promise<Nodes> {
    const redis = await RedisServer.start({ args: ["--appendonly", "yes", "--appendfsync", "always"] });
    const program = {
      name: "chaos",
      folder: "../chaos",
      // A server in production drains for 5 s.
      env: { ...env, STORE: redis.url, NODE_ENV: "production" },
    };
    const nodes = await Promise.all(
      Array.from({ length: count }, () => ServerProcess.start(ports(), program)),
    );
    const targets = nodes.map(({ port }) => ({ port, host: "127.0.0.1" }));
    const started = new Nodes(redis, nodes, await Balancer.start(targets, { host: "127.0.0.1" }), targets);
    if (healthChecks) void started.#checkHealth();
    return started;
  }

  /** The port of the balancer. */
  get port(): number {
    return this.#balancer.port;
  }

  /** The nodes that have at least half of their share of the connections: a node that has come back begins with none. */
  get busy(): readonly ServerProcess[] {
    const counts = this.#targets.map((target) => this.#balancer.connections(target));
    const all = counts.reduce((sum, count) => sum + count, 0);
    return this.nodes.filter((_, index) => (counts[index] ?? 0) >= all / this.nodes.length / 2);
  }

  /** What the nodes have printed on their standard error, and that they did not end in time. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** Kills a node, and starts it again. */
  async kill(node: ServerProcess): Promise<void> {
    await this.interruptions.kill(node);
    await this.#startAgain(node);
  }

  /** Ends a node by SIGTERM, and starts it again. */
  async terminate(node: ServerProcess): Promise<void> {
    const start = performance.now();
    await node.terminate();
    const ms = Math.round(performance.now() - start);
    if (ms > terminationTimeout) this.#problems.push(`a node ended ${ms} ms after a SIGTERM`);
    await this.#startAgain(node);
  }

  /** Kills Redis, and starts it again on its append-only file. */
  async restartRedis(): Promise<void> {
    await this.redis.signal("SIGKILL");
    await this.redis.restart();
  }

  /** Ends everything. */
  async stop(): Promise<void> {
    for (const node of this.nodes) {
      await node.kill();
      this.#readErrors(node);
    }
    this.#ended.abort();
    this.#balancer.close();
    await this.redis.stop();
  }

  #checkHealth(): Promise<void> {
    const checked = this.#targets.map((target) => ({
      port: target.port,
      onChecked: (isHealthy: boolean) => this.#balancer.setHealthy(target, isHealthy),
    }));
    return checkHealth(checked, this.#ended.signal);
  }

  async #startAgain(node: ServerProcess): Promise<void> {
    this.#readErrors(node);
    if (!(await node.start())) throw new Error("another process uses the port of a node");
  }

  #readErrors({ errorOutput }: ServerProcess): void {
    if (errorOutput !== "") this.#problems.push(`a node's error output: ${errorOutput}`);
  }
}
