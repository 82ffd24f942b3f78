/** The two machines of a world. Either can stand still while the other goes on. */
export type Half = "client" | "server";

/** Something that will happen. */
interface Plan {
  /** When, in virtual ms; later than `due` when the machine stood still. */
  at: number;
  readonly due: number;
  readonly order: number;
  /** The machine on which it happens; undefined for what no machine holds up. */
  readonly half: Half | undefined;
  act: (() => void) | undefined;
}

/** What will happen, and the virtual time: it passes only from one thing to the next. */
export class Agenda {
  #now = 0;
  #order = 0;
  /** A binary heap, the next plan first. */
  readonly #plans: Plan[] = [];
  readonly #still: Record<Half, number> = { client: 0, server: 0 };
  readonly #waiting: Record<Half, number> = { client: 0, server: 0 };

  /** Virtual ms since the world began. */
  get now(): number {
    return this.#now;
  }

  /** How many things wait to happen on a machine. */
  waiting(half: Half): number {
    return this.#waiting[half];
  }

  /** Plans `act` in `ms` ms, unless the returned function is called before. Equal times keep their order. */
  plan(half: Half | undefined, ms: number, act: () => void): () => void {
    const due = this.#now + Math.max(0, ms);
    const plan: Plan = { at: due, due, order: (this.#order += 1), half, act };
    if (half !== undefined) this.#waiting[half] += 1;
    this.#push(plan);
    return () => this.#done(plan);
  }

  /** A machine stands still for `ms` ms: what is due on it happens after that. */
  pause(half: Half, ms: number): void {
    this.#still[half] = Math.max(this.#still[half], this.#now + ms);
  }

  /** A machine goes on. */
  wake(half: Half): void {
    this.#still[half] = this.#now;
  }

  /** Whether a machine stands still. */
  paused(half: Half): boolean {
    return this.#still[half] > this.#now;
  }

  /** Does the next thing, if it is not later than `until`; false when there is none. */
  step(until: number): boolean {
    for (;;) {
      const [plan] = this.#plans;
      if (plan === undefined || plan.at > until) return false;
      this.#pop();
      if (plan.act === undefined) continue;
      if (plan.half !== undefined && this.#still[plan.half] > plan.at) {
        plan.at = this.#still[plan.half];
        this.#push(plan);
        continue;
      }
      this.#now = Math.max(this.#now, plan.at);
      const { act } = plan;
      this.#done(plan);
      act();
      return true;
    }
  }

  #done(plan: Plan): void {
    if (plan.act === undefined) return;
    plan.act = undefined;
    if (plan.half !== undefined) this.#waiting[plan.half] -= 1;
  }

  #push(plan: Plan): void {
    let place = this.#plans.push(plan) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = this.#plans[parent] as Plan;
      if (!sooner(plan, above)) break;
      this.#plans[place] = above;
      place = parent;
    }
    this.#plans[place] = plan;
  }

  #pop(): void {
    const last = this.#plans.pop() as Plan;
    const { length } = this.#plans;
    if (length === 0) return;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= length) break;
      if (child + 1 < length && sooner(this.#plans[child + 1] as Plan, this.#plans[child] as Plan))
        child += 1;
      if (!sooner(this.#plans[child] as Plan, last)) break;
      this.#plans[place] = this.#plans[child] as Plan;
      place = child;
    }
    this.#plans[place] = last;
  }
}

/** What was held up by a machine that stood still happens in the order in which it was due. */
function sooner(one: Plan, other: Plan): boolean {
  return (
    one.at - other.at < 0 || (one.at === other.at && (one.due - other.due || one.order - other.order) < 0)
  );
}
