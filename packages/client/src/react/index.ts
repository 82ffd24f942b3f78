export { useClient } from "./use-client.ts";
export { useEvent } from "./use-event.ts";
export type { EventData } from "./use-event.ts";
export { useRequest } from "./use-request.ts";
export type { RequestState } from "./use-request.ts";
export { useStatus } from "./use-status.ts";
export { useStream } from "./use-stream.ts";
export type { InputStreamName, StreamState, UseStreamOptions } from "./use-stream.ts";
