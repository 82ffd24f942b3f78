export { useClient } from "./use-client.ts";
export { useEvent } from "./use-event.ts";
export type { EventData } from "./use-event.ts";
export { useRequest } from "./use-request.ts";
export type { Asking } from "./use-request.ts";
export { useStatus } from "./use-status.ts";
export { useStream } from "./use-stream.ts";
export type { InputStreamName, Reading, UseStreamOptions } from "./use-stream.ts";
