import { expectTypeOf, test } from "vitest";
import type {
  CallOutput,
  CallArguments,
  DeclaredError,
  EventInput,
  HandlerInput,
  HandlerOutput,
  HandlerUpload,
  RequestError,
} from "../../src/index.ts";
import type { validators } from "./validators.ts";

type Each<Name extends keyof typeof validators> = (typeof validators)[Name];

test("each library types the same contract", () => {
  type Zod = Each<"zod">;
  type Valibot = Each<"valibot">;
  type Arktype = Each<"arktype">;
  expectTypeOf<EventInput<Zod, "say">>().toEqualTypeOf<{ text: string; times?: number | undefined }>();
  expectTypeOf<EventInput<Valibot, "say">>().toEqualTypeOf<{ text: string; times?: number | undefined }>();
  expectTypeOf<EventInput<Arktype, "say">>().toEqualTypeOf<{ text: string; times?: number }>();

  type Heard = { text: string; times: number };
  expectTypeOf<HandlerInput<Zod["say"]>>().toEqualTypeOf<Heard>();
  expectTypeOf<HandlerInput<Valibot["say"]>>().toEqualTypeOf<Heard>();
  expectTypeOf<HandlerInput<Arktype["say"]>>().toEqualTypeOf<Heard>();

  expectTypeOf<CallArguments<Zod, "order">[0]>().toEqualTypeOf<{ id: string }>();
  expectTypeOf<CallArguments<Valibot, "order">[0]>().toEqualTypeOf<{ id: string }>();
  expectTypeOf<CallArguments<Arktype, "order">[0]>().toEqualTypeOf<{ id: string }>();

  expectTypeOf<HandlerInput<Zod["order"]>>().toEqualTypeOf<{ id: number }>();
  expectTypeOf<HandlerInput<Valibot["order"]>>().toEqualTypeOf<{ id: number }>();
  expectTypeOf<HandlerInput<Arktype["order"]>>().toEqualTypeOf<{ id: number }>();

  type Reply = string | Promise<string>;
  expectTypeOf<HandlerOutput<Zod["order"]>>().toEqualTypeOf<Reply>();
  expectTypeOf<HandlerOutput<Valibot["order"]>>().toEqualTypeOf<Reply>();
  expectTypeOf<HandlerOutput<Arktype["order"]>>().toEqualTypeOf<Reply>();

  expectTypeOf<CallOutput<Zod, "order">>().toEqualTypeOf<number>();
  expectTypeOf<CallOutput<Valibot, "lines">>().toEqualTypeOf<number>();
  expectTypeOf<CallOutput<Arktype, "lines">>().toEqualTypeOf<number>();

  type Uploaded = { readonly upload: AsyncIterable<number> };
  expectTypeOf<HandlerUpload<Zod["lines"]>>().toEqualTypeOf<Uploaded>();
  expectTypeOf<HandlerUpload<Valibot["lines"]>>().toEqualTypeOf<Uploaded>();
  expectTypeOf<HandlerUpload<Arktype["lines"]>>().toEqualTypeOf<Uploaded>();

  type Gone = RequestError<"GONE", { since: number }>;
  expectTypeOf<DeclaredError<Zod["order"]>>().toEqualTypeOf<Gone>();
  expectTypeOf<DeclaredError<Valibot["order"]>>().toEqualTypeOf<Gone>();
  expectTypeOf<DeclaredError<Arktype["order"]>>().toEqualTypeOf<Gone>();
});
