import type { AsyncApiOptions } from "../asyncapi/options.ts";

/** What the page shows besides the routes. */
export interface DocsPageOptions extends Pick<AsyncApiOptions, "security" | "convert"> {
  /**
   * The name of the app.
   * @default "WebSocket API"
   */
  readonly title?: string;
  /**
   * The version of the app.
   * @default none
   */
  readonly version?: string;
  /**
   * What the app is for: plain text; an empty line begins a paragraph.
   * @default none
   */
  readonly description?: string;
}
