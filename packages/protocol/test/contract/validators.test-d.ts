import { expectTypeOf, test } from "vitest";
import type {
  Answer,
  AskArguments,
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

  expectTypeOf<AskArguments<Zod, "order">[0]>().toEqualTypeOf<{ id: string }>();
  expectTypeOf<AskArguments<Valibot, "order">[0]>().toEqualTypeOf<{ id: string }>();
  expectTypeOf<AskArguments<Arktype, "order">[0]>().toEqualTypeOf<{ id: string }>();

  expectTypeOf<HandlerInput<Zod["order"]>>().toEqualTypeOf<{ id: number }>();
  expectTypeOf<HandlerInput<Valibot["order"]>>().toEqualTypeOf<{ id: number }>();
  expectTypeOf<HandlerInput<Arktype["order"]>>().toEqualTypeOf<{ id: number }>();

  type Reply = string | Promise<string>;
  expectTypeOf<HandlerOutput<Zod["order"]>>().toEqualTypeOf<Reply>();
  expectTypeOf<HandlerOutput<Valibot["order"]>>().toEqualTypeOf<Reply>();
  expectTypeOf<HandlerOutput<Arktype["order"]>>().toEqualTypeOf<Reply>();

  expectTypeOf<Answer<Zod, "order">>().toEqualTypeOf<number>();
  expectTypeOf<Answer<Valibot, "lines">>().toEqualTypeOf<number>();
  expectTypeOf<Answer<Arktype, "lines">>().toEqualTypeOf<number>();

  type Uploaded = { readonly upload: AsyncIterable<number> };
  expectTypeOf<HandlerUpload<Zod["lines"]>>().toEqualTypeOf<Uploaded>();
  expectTypeOf<HandlerUpload<Valibot["lines"]>>().toEqualTypeOf<Uploaded>();
  expectTypeOf<HandlerUpload<Arktype["lines"]>>().toEqualTypeOf<Uploaded>();

  type Gone = RequestError<"GONE", { since: number }>;
  expectTypeOf<DeclaredError<Zod["order"]>>().toEqualTypeOf<Gone>();
  expectTypeOf<DeclaredError<Valibot["order"]>>().toEqualTypeOf<Gone>();
  expectTypeOf<DeclaredError<Arktype["order"]>>().toEqualTypeOf<Gone>();
});
