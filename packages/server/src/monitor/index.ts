export { health } from "./health.ts";
export { metrics } from "./metrics.ts";
