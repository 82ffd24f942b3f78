/** The two machines of a world. Either can stand still while the other goes on. */
export type Half = "client" | "server";

/** Something that will happen. */
interface Plan {
  /** When, in virtual ms; in truth later, if its machine stands still then. */
  readonly due: number;
  readonly order: number;
  /** The machine on which it happens; undefined for what no machine holds up. */
  readonly half: Half | undefined;
  act: (() => void) | undefined;
}

/** What will happen, and the virtual time, which passes from one thing to the next. */
export class Agenda {
  #now = 0;
  #order = 0;
  /** A binary heap, the next plan first. */
  readonly #plans: Plan[] = [];
  readonly #still: Record<Half, number> = { client: 0, server: 0 };
  /** What was due while a machine stood still. */
  readonly #held: Record<Half, Plan[]> = { client: [], server: [] };
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
    const plan: Plan = { due, order: (this.#order += 1), half, act };
    if (half !== undefined) this.#waiting[half] += 1;
    this.#push(plan);
    return () => this.#done(plan);
  }

  /** A machine stands still for `ms` ms: what is due on it happens after that. */
  pause(half: Half, ms: number): void {
    this.#still[half] = Math.max(this.#still[half], this.#now + ms);
    this.plan(undefined, ms, () => {
      if (this.#still[half] <= this.#now) this.wake(half);
    });
  }

  /** A machine goes on, with what was due, in the order in which it was. */
  wake(half: Half): void {
    this.#still[half] = this.#now;
    for (const plan of this.#held[half].splice(0)) this.#push(plan);
  }

  /** Does the next thing, if it is not later than `until`; false when there is none, and `until` has come. */
  step(until: number): boolean {
    for (;;) {
      const [plan] = this.#plans;
      if (plan === undefined || plan.due > until) {
        this.#now = Math.max(this.#now, until);
        return false;
      }
      this.#pop();
      const { act, half, due } = plan;
      if (act === undefined) continue;
      if (half !== undefined && this.#still[half] > Math.max(due, this.#now)) {
        this.#held[half].push(plan);
        continue;
      }
      this.#now = Math.max(this.#now, due);
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

function sooner(one: Plan, other: Plan): boolean {
  return one.due < other.due || (one.due === other.due && one.order < other.order);
}
