import type * as protocol from "@symbolon/protocol";
import type { Closed, Codec, Message, Sent } from "@symbolon/server";
import { expectTypeOf } from "vitest";

// The types that the API mentions are here too.
expectTypeOf<Closed>().toEqualTypeOf<protocol.Closed>();
expectTypeOf<Codec<string, number>>().toEqualTypeOf<protocol.Codec<string, number>>();
expectTypeOf<Message>().toEqualTypeOf<protocol.Message>();
expectTypeOf<Sent>().toEqualTypeOf<protocol.Sent>();
