/** Whether a field has the value that it should have. */
export type Check = (value: unknown) => boolean;
/** The fields of a frame, or of a value in it. */
export type FrameShape = Readonly<Record<string, Check>>;
/** The frames that can be read, by their `t`. A map, not an object: the `t` of a frame may be "toString". */
export type FrameShapes = ReadonlyMap<unknown, ReadonlyMap<string, Check>>;

/** Any value, or none. */
export const anything: Check = () => true;
/** A string. */
export const string: Check = (value) => typeof value === "string";
/** A name: 1 to 128 characters. */
export const name: Check = (value) => typeof value === "string" && value !== "" && value.length <= 128;
/** A positive safe integer. */
export const count: Check = (value) => Number.isSafeInteger(value) && (value as number) > 0;
/** A safe integer from 0. */
export const position: Check = (value) => value === 0 || count(value);
/** A field that may be left out. */
export const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
/** An array whose items all pass. */
export const array =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
/** An object that has these fields, and may have others. */
export const object =
  (shape: FrameShape): Check =>
  (value) =>
    Object.entries(shape).every(([field, check]) => check((Object(value) as Record<string, unknown>)[field]));

/** The frames of these fields, by their `t`. */
export const defineFrames = (shapes: Readonly<Record<string, FrameShape>>): FrameShapes =>
  new Map(Object.entries(shapes).map(([t, shape]) => [t, new Map(Object.entries({ t: string, ...shape }))]));

/** The stamp of a session, which the frames of a conversation may have. */
export const stamp: FrameShape = { s: optional(count), a: optional(count) };

/** A room's name: at most 200 characters. */
const room: Check = (value) => string(value) && (value as string).length <= 200;
const place: FrameShape = { room, o: count, p: position };

/** Where a client is in rooms, as `hello` and `welcome` have it. */
export const places: Check = array(object({ 0: string, 1: name, 2: position, 3: position, 4: string }));

/** The frames that every peer reads. */
export const commonFrames: FrameShapes = defineFrames({
  welcome: {
    sid: name,
    rt: name,
    ep: name,
    rx: position,
    w: count,
    wb: count,
    state: name,
    why: optional(string),
    but: optional(array(count)),
    heartbeat: object({ i: count, t: count }),
    ttl: position,
    rooms: optional(places),
    limits: optional(object({ message: count })),
  },
  ack: { a: count, but: optional(array(count)) },
  event: { ...stamp, name, data: anything, q: optional(count) },
  error: { ...stamp, re: optional(count), code: name, message: string, data: anything },
  room: {
    room,
    ep: optional(name),
    off: optional(position),
    from: optional(position),
    proof: optional(name),
  },
  said: { ...place, name, data: anything },
  skip: place,
  gap: { room: optional(room), from: position, to: position, why: name },
  presence: { room, data: anything, code: optional(name), message: optional(string) },
  members: {
    room,
    self: optional(string),
    more: optional((value) => value === true),
    here: array(object({ id: string, state: name, connections: count })),
    gone: optional(array(string)),
  },
  ping: { n: count },
  pong: { n: count },
  reauth: { by: count },
  goaway: { at: position, why: optional(string) },
  bye: { why: optional(string) },
});
