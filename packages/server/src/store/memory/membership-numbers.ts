/** How many members a room remembers whose membership has ended. */
const maxMembers = 1_000;

/** Numbers the memberships of a room's members: when a membership ends, the member's number grows. */
export class MembershipNumbers {
  /** The newest number. */
  #last: number;
  /** The number of each member that the map does not have. */
  #base: number;
  readonly #byMember: Map<string, number>;

  /** `saved` is what `save` returned. @default no membership has ended */
  constructor(saved: SavedMemberships = { last: 0, base: 0, byMember: [] }) {
    this.#last = saved.last;
    this.#base = saved.base;
    this.#byMember = new Map(saved.byMember);
  }

  /** How many members it remembers. */
  get size(): number {
    return this.#byMember.size;
  }

  /** The number of the member's present membership. */
  of(member: string): number {
    return this.#byMember.get(member) ?? this.#base;
  }

  /** Ends the present membership of a member; if it remembers too many members already, that of every member. */
  end(member: string): void {
    this.#last += 1;
    if (this.#byMember.size < maxMembers || this.#byMember.has(member))
      return void this.#byMember.set(member, this.#last);
    this.#byMember.clear();
    this.#base = this.#last;
  }

  /** Everything that makes an equal object. */
  save(): SavedMemberships {
    return { last: this.#last, base: this.#base, byMember: [...this.#byMember] };
  }
}

/** The numbers of a room, as a journal records them. */
export interface SavedMemberships {
  /** The newest number. */
  readonly last: number;
  /** The number of each other member. */
  readonly base: number;
  /** The members whose membership has ended, and the number of the present one. */
  readonly byMember: readonly (readonly [member: string, membership: number])[];
}
