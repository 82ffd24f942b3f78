/** The stores that are measured. */

/** A store, by its name in the tables, and what a server needs to open it. */
export interface StoreSubject {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  /** Whether several processes can share it. */
  readonly isShared: boolean;
}

/** The stores of this machine; `urls` has the addresses of the databases that run. */
export function storeSubjects(urls: Readonly<Record<string, string>>): readonly StoreSubject[] {
  const databases: readonly (readonly [name: string, kind: string])[] = [
    ["Redis", "redis"],
    ["PostgreSQL", "postgres"],
  ];
  return [
    { name: "memory", env: { BENCH_STORE: "memory" }, isShared: false },
    { name: "file", env: { BENCH_STORE: "file" }, isShared: false },
    ...databases.flatMap(([name, kind]) => {
      const url = urls[name];
      return url === undefined
        ? []
        : [{ name, env: { BENCH_STORE: kind, BENCH_STORE_URL: url }, isShared: true }];
    }),
  ];
}

/** The program of our server without a store. */
export const withoutStore: StoreSubject = { name: "no store", env: {}, isShared: false };
