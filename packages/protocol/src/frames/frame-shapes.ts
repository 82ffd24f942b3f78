/** Whether a field has the value it should have. */
export type Check = (value: unknown) => boolean;
/** The fields of a frame, or of a value in it. */
export type FrameShape = Readonly<Record<string, Check>>;
/** The frames that may be read, by their `t`. A map, not an object: a frame may say that it is a `toString`. */
export type FrameShapes = ReadonlyMap<unknown, ReadonlyMap<string, Check>>;

/** Any value, or none. */
export const anything: Check = () => true;
/** A string. */
export const text: Check = (value) => typeof value === "string";
/** A name: 1 to 128 characters. */
export const name: Check = (value) => typeof value === "string" && value !== "" && value.length <= 128;
/** A positive safe integer. */
export const count: Check = (value) => Number.isSafeInteger(value) && Number(value) > 0;
/** What may be left out. */
export const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
/** A safe integer that is not negative. */
export const position: Check = (value) => value === 0 || count(value);
/** A list of what passes. */
export const array =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
/** An object that has these fields, and may have others. */
export const object =
  (shape: FrameShape): Check =>
  (value) =>
    Object.entries(shape).every(([field, check]) => check((Object(value) as Record<string, unknown>)[field]));

/** The frames of these fields, by their `t`; every one may have a session's numbers as well. */
export const defineFrames = (shapes: Readonly<Record<string, FrameShape>>): FrameShapes =>
  new Map(
    Object.entries(shapes).map(([t, shape]) => [
      t,
      new Map(Object.entries({ t: text, s: optional(count), a: optional(count), ...shape })),
    ]),
  );
