/** One of the two machines of a world. Each can pause while the other one goes on. */
export type Machine = "client" | "server";

/** A callback that waits for its virtual time. */
interface Task {
  /** The virtual time in ms. If the task's machine is paused then, the task runs when the pause ends. */
  readonly due: number;
  /** Breaks ties between tasks that are due at the same time. */
  readonly order: number;
  /** The machine that runs the task; undefined if no pause delays it. */
  readonly machine: Machine | undefined;
  /** Undefined once the task has run or was cancelled. */
  run: (() => void) | undefined;
}

/** Runs tasks in virtual time: the time jumps from one task to the next. */
export class Scheduler {
  #now = 0;
  #order = 0;
  /** A binary heap; the next task comes first. */
  readonly #tasks: Task[] = [];
  readonly #pausedUntil: Record<Machine, number> = { client: 0, server: 0 };
  /** Tasks that became due while their machine was paused. */
  readonly #delayed: Record<Machine, Task[]> = { client: [], server: [] };
  readonly #pending: Record<Machine, number> = { client: 0, server: 0 };

  /** Virtual ms since the world began. */
  get now(): number {
    return this.#now;
  }

  /** The number of tasks that wait on a machine. */
  pendingOn(machine: Machine): number {
    return this.#pending[machine];
  }

  /**
   * Runs `run` in `ms` virtual ms. Tasks that are due at the same time run in the order of the calls.
   * @returns a function that cancels the task.
   */
  schedule(machine: Machine | undefined, ms: number, run: () => void): () => void {
    const due = this.#now + Math.max(0, ms);
    const task: Task = { due, order: (this.#order += 1), machine, run };
    if (machine !== undefined) this.#pending[machine] += 1;
    this.#push(task);
    return () => this.#finish(task);
  }

  /** Pauses a machine for `ms` virtual ms: tasks that become due on it run after the pause. */
  pause(machine: Machine, ms: number): void {
    this.#pausedUntil[machine] = Math.max(this.#pausedUntil[machine], this.#now + ms);
    this.schedule(undefined, ms, () => {
      if (this.#pausedUntil[machine] <= this.#now) this.resume(machine);
    });
  }

  /** Ends the pause of a machine: the tasks that became due run now, in the order in which they were due. */
  resume(machine: Machine): void {
    this.#pausedUntil[machine] = this.#now;
    for (const task of this.#delayed[machine].splice(0)) this.#push(task);
  }

  /**
   * Runs the next task that is due at `until` or before.
   * @returns false if there is no such task; the time is `until` then.
   */
  step(until: number): boolean {
    for (;;) {
      const [task] = this.#tasks;
      if (task === undefined || task.due > until) {
        this.#now = Math.max(this.#now, until);
        return false;
      }
      this.#pop();
      const { run, machine, due } = task;
      if (run === undefined) continue;
      if (machine !== undefined && this.#pausedUntil[machine] > Math.max(due, this.#now)) {
        this.#delayed[machine].push(task);
        continue;
      }
      this.#now = Math.max(this.#now, due);
      this.#finish(task);
      run();
      return true;
    }
  }

  #finish(task: Task): void {
    if (task.run === undefined) return;
    task.run = undefined;
    if (task.machine !== undefined) this.#pending[task.machine] -= 1;
  }

  #push(task: Task): void {
    let index = this.#tasks.push(task) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = this.#tasks[parent] as Task;
      if (!isEarlier(task, above)) break;
      this.#tasks[index] = above;
      index = parent;
    }
    this.#tasks[index] = task;
  }

  #pop(): void {
    const last = this.#tasks.pop() as Task;
    const { length } = this.#tasks;
    if (length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= length) break;
      if (child + 1 < length && isEarlier(this.#tasks[child + 1] as Task, this.#tasks[child] as Task))
        child += 1;
      if (!isEarlier(this.#tasks[child] as Task, last)) break;
      this.#tasks[index] = this.#tasks[child] as Task;
      index = child;
    }
    this.#tasks[index] = last;
  }
}

function isEarlier(one: Task, other: Task): boolean {
  return one.due < other.due || (one.due === other.due && one.order < other.order);
}
