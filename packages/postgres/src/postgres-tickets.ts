import type { StoredTicket, TicketStore } from "@symbolon/server/store";
import type { BatchedCalls } from "./calls/batched-calls.ts";
import { encodeNumber, encodeText } from "./values.ts";

/** The tickets of a store in PostgreSQL. */
export function postgresTickets(calls: BatchedCalls): TicketStore {
  return {
    put: async (hash, ticket, now) => {
      const expiresAt = encodeNumber(ticket.expiresAt);
      const args = { hash: encodeText(hash), ticket: JSON.stringify(ticket), expiresAt, now };
      await calls.call("put", args, { isNumbered: true, grows: true });
    },
    take: async (hash) => {
      const text = (await calls.call("take", { hash: encodeText(hash) }, { isNumbered: true })) as
        | string
        | null;
      return text === null ? undefined : { ...missing, ...(JSON.parse(text) as StoredTicket) };
    },
  };
}

/** The fields that JSON leaves out when they are undefined. */
const missing: Pick<StoredTicket, "origin" | "credentialExpiresAt"> = {
  origin: undefined,
  credentialExpiresAt: undefined,
};
