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
  expectTypeOf<EventInput<Zod, "post">>().toEqualTypeOf<{ text: string; times?: number | undefined }>();
  expectTypeOf<EventInput<Valibot, "post">>().toEqualTypeOf<{ text: string; times?: number | undefined }>();
  expectTypeOf<EventInput<Arktype, "post">>().toEqualTypeOf<{ text: string; times?: number }>();

  type Handled = { text: string; times: number };
  expectTypeOf<HandlerInput<Zod["post"]>>().toEqualTypeOf<Handled>();
  expectTypeOf<HandlerInput<Valibot["post"]>>().toEqualTypeOf<Handled>();
  expectTypeOf<HandlerInput<Arktype["post"]>>().toEqualTypeOf<Handled>();

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
